/* Which boot of the machine this is, from files of /proc, for the sampler and the API; see bootid.h. */
#include "bootid.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A boot id, /proc/stat: more than this is none of them. */
#define SMALL_FILE (1u << 20)
#define BTIME "btime "

int bootid_open(struct bootid *source, const char *proc)
{
	memset(source, 0, sizeof *source);
	source->id = readall_join("%s/sys/kernel/random/boot_id", proc);
	source->stat = readall_join("%s/stat", proc);
	return source->id && source->stat ? 0 : -ENOMEM;
}

/* What a file holds, "" where there is none. */
static const char *read_text(struct bootid *source, const char *path)
{
	return readall_path(&source->text, path, SMALL_FILE) == 0 ? source->text.text : "";
}

struct history_boot bootid_read(struct bootid *source)
{
	struct history_boot boot;
	const char *p;
	unsigned n = 0;

	memset(&boot, 0, sizeof boot);
	for (p = read_text(source, source->id); *p && n < 2 * sizeof boot.id; p++) {
		int c = tolower((unsigned char)*p);

		if (isxdigit(c)) {
			int nibble = isdigit(c) ? c - '0' : c - 'a' + 10;

			boot.id[n / 2] = (uint8_t)(boot.id[n / 2] << 4 | nibble);
			n++;
		}
	}
	p = n ? NULL : strstr(read_text(source, source->stat), BTIME);
	if (p) {
		uint64_t btime = strtoull(p + strlen(BTIME), NULL, 10);

		memcpy(boot.id, &btime, sizeof btime);
	}
	return boot;
}

void bootid_close(struct bootid *source)
{
	free(source->id);
	free(source->stat);
	readall_free(&source->text);
	memset(source, 0, sizeof *source);
}
