/* Runs a command and writes to stdout what it made; see run.h. */
#include "run.h"

#include "say.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CLEAR "\033[H\033[2J"

/* All of text to stdout. 0 or -errno. */
static int put(const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(STDOUT_FILENO, text, length);

		if (n >= 0) {
			text += n;
			length -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd writable = { STDOUT_FILENO, POLLOUT, 0 };

			poll(&writable, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* One round; *gone tells that nobody reads. */
static int once(cmd_function *command, const struct options *options, const struct screen *screen, bool clear,
		bool *gone)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int code, err;

	if (!out)
		return say_no_memory();
	if (clear)
		fputs(CLEAR, out);
	code = command(options, screen, out);
	err = ferror(out) ? -ENOMEM : 0;
	if (fclose(out) || !text)
		err = -ENOMEM;
	if (clear && !err && length == strlen(CLEAR))
		length = 0; /* it failed: what was seen last stays */
	if (!err)
		err = put(text, length);
	free(text);
	if (err == -ENOMEM)
		return say_no_memory();
	*gone = err == -EPIPE;
	if (err && !*gone) {
		*gone = true;
		say_error("cannot write to stdout: %s", strerror(-err));
		return CMD_FAILED;
	}
	return code;
}

static void wait_for(double seconds)
{
	struct timespec left;

	left.tv_sec = (time_t)seconds;
	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

int run(cmd_function *command, const struct options *options, struct screen *screen)
{
	unsigned long round;
	bool gone = false;
	int code = CMD_DONE;

	for (round = 1;; round++) {
		screen_find(screen, options->colour); /* it may have another size by now */
		if (options->delay > 0 && screen->terminal)
			screen->rows = screen->height > 1 ? screen->height - 1 : 1; /* the last is the cursor's */
		code = once(command, options, screen, options->delay > 0 && screen->terminal && !options->json, &gone);
		if (gone || code == CMD_USAGE || options->delay == 0 || round == options->times)
			return code;
		wait_for(options->delay);
	}
}
