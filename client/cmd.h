/*
 * The commands: each does its work once and writes what it found. Called by
 * main through its table; they use api, file and the show functions.
 */
#ifndef CMD_H
#define CMD_H

#include "options.h"
#include "screen.h"

#include <stdio.h>

/* Exit codes. */
enum cmd_exit {
	CMD_DONE = 0,       /* a pending move too */
	CMD_FAILED = 1,     /* the reason is on stderr */
	CMD_USAGE = 2,
	CMD_PARTLY = 3,     /* some of the changes failed */
	CMD_UNREACHABLE = 5
};

/*
 * Takes checked options (options.url is set), writes to out, says errors on
 * stderr, returns an exit code. screen says how to fit the output.
 */
typedef int cmd_function(const struct options *options, const struct screen *screen, FILE *out);

cmd_function cmd_overview, cmd_summary, cmd_set, cmd_balance;

#endif
