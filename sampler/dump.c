/* A history as text; see dump.h. */
#include "dump.h"
#include "clock.h"
#include "history.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct dump {
	FILE *out;
	struct history_boot boot;
	uint64_t samples;
};

static void print_boot(FILE *out, const struct history_boot *boot)
{
	size_t i;

	fputs("# boot ", out);
	for (i = 0; i < sizeof boot->id; i++)
		fprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", boot->id[i]);
	fputc('\n', out);
}

static int print_sample(const struct history_sample *sample, void *context)
{
	struct dump *dump = context;
	char time[CLOCK_TEXT];

	if (sample->gap)
		fprintf(dump->out, "# gap %s\n", sample->gap);
	if (dump->samples++ == 0 || memcmp(&dump->boot, &sample->boot, sizeof dump->boot) != 0)
		print_boot(dump->out, &sample->boot);
	dump->boot = sample->boot;
	fprintf(dump->out, "sample %" PRIu64 " %s %" PRIu64 ".%06" PRIu64 " %" PRIu64 "\n", sample->serial,
		clock_rfc3339(time, sample->real_us), sample->boot_us / 1000000, sample->boot_us % 1000000,
		sample->cells);
	return ferror(dump->out);
}

int dump_history(const char *path, FILE *out)
{
	struct dump dump = { .out = out };
	struct history_reader *reader;
	struct history_range range;
	uint64_t damaged = 0;
	char *why = NULL;
	int err = history_open_reader(&reader, path, &why);

	if (err) {
		log_error("%s", why ? why : strerror(-err));
		free(why);
		return -1;
	}
	err = history_range(reader, &range);
	fprintf(out, "# history %s: %" PRIu64 " of %" PRIu64 " bytes used\n", path, range.bytes, range.capacity_bytes);
	if (!err)
		err = history_walk(reader, print_sample, &dump, &damaged);
	if (damaged)
		fprintf(out, "# damaged: %" PRIu64 " groups of samples are left out, wholly or in part\n", damaged);
	history_close_reader(reader);
	if (fflush(out) || ferror(out)) {
		log_error("writing the dump: %s", strerror(errno));
		return -1;
	}
	if (err && err != -ENODATA) {
		log_error("%s: %s", path, strerror(err < 0 ? -err : EIO));
		return -1;
	}
	return 0;
}
