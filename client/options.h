/*
 * The command line: every option of every command, typed and checked before
 * anything is done. Fed by argv; feeds the commands and the help.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "cpulist.h"
#include "screen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Options that go together; a command takes some of these groups, and OPTIONS_COMMON. */
enum options_group {
	OPTIONS_COMMON = 1,
	OPTIONS_WINDOW = 2,  /* --window, --start, --end */
	OPTIONS_FILTER = 4,  /* --irqs, --cpus, --device, --all */
	OPTIONS_REFRESH = 8, /* --delay, --times */
	OPTIONS_FILE = 16,   /* --input, --proc, --sys */
	OPTIONS_CHANGE = 32, /* --dry-run */
	OPTIONS_PLAN = 64    /* --irqs, --cpus, --device; --exclude-cpus … --script */
};

/* --weight PATTERN=N. */
struct options_weight {
	char *pattern;
	unsigned weight;     /* from 1 */
};

struct options {
	const char *url;             /* NULL: not given */
	bool json, help, version;
	enum screen_colour colour;
	const char *window, *start, *end; /* as typed: the API reads them */
	const char *irqs, *cpus, *device; /* as typed */
	struct cpulist cpu_list;     /* cpus, read */
	bool all;
	double delay;                /* seconds; 0: once */
	unsigned long times;         /* 0: without end */
	const char *files[2];
	size_t file_count;
	const char *proc, *sys;      /* NULL: not given */
	bool dry_run;
	const char *excluded;        /* as typed */
	struct cpulist excluded_list;
	bool local, fresh, apply, script;
	const char *tolerance, *moves; /* as typed; NULL: not given */
	double tolerance_percent;
	unsigned long long moves_most;
	struct options_weight *weights;
	size_t weight_count;
	const char *command;         /* NULL: none */
	char **arguments;            /* of the command */
	size_t argument_count;
	/* private */
	unsigned long seen;
	size_t weight_room;
};

/*
 * Reads argv, in which options stand where they like; what is left over is
 * moved to its front, and *options points into it. 0; or -1 after a word on
 * stderr. options_free in any case.
 */
int options_parse(struct options *options, int argc, char **argv);

/* Whether a command with these groups may have them, and they go together. 0; or -1 after a word on stderr. */
int options_check(const struct options *options, unsigned groups);

/* Lists the options of these groups. */
void options_help(FILE *out, unsigned groups);

void options_free(struct options *options);

#endif
