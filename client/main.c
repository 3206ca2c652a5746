/* irqclient: irqpilot on the command line. The table of commands is also the help. */
#include "cmd.h"
#include "options.h"
#include "run.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_URL "http://127.0.0.1:8080/"

static const struct command {
	const char *name, *synopsis, *help;
	unsigned groups;
	cmd_function *run;
} commands[] = {
	{ "overview", "[-w 60] [-q IRQS] [-C CPUS] [--device GLOB] [-a] [-d SECONDS [-n N]] | -i FILE [-i FILE2]",
	  "what fired: IRQ x CPU, busiest first",
	  OPTIONS_WINDOW | OPTIONS_FILTER | OPTIONS_REFRESH | OPTIONS_FILE, cmd_overview },
	{ "summary", "[-w 60] [-d SECONDS [-n N]] | -i FILE [-i FILE2]",
	  "a row a CPU: total, rate, share, its top IRQ; then how even that is",
	  OPTIONS_WINDOW | OPTIONS_REFRESH | OPTIONS_FILE, cmd_summary },
	{ "set", "IRQ CPU [IRQ CPU]... [--dry-run]",
	  "moves IRQs (by number or exact name) to CPUs (1, 0-3,8) as one change; says what took effect",
	  OPTIONS_CHANGE, cmd_set },
	{ "balance", "[-w 60] [-C CPUS] [-q IRQS] [--tolerance PERCENT | --fresh] [--apply] | -i FILE [-i FILE2] [--script]",
	  "which CPU each IRQ should have, and how even that is; changes nothing without --apply",
	  OPTIONS_WINDOW | OPTIONS_PLAN | OPTIONS_FILE | OPTIONS_CHANGE, cmd_balance },
};
#define COMMANDS (sizeof commands / sizeof *commands)

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; name && i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void help(FILE *out, const struct command *command)
{
	unsigned groups = 0;
	size_t i;

	if (command) {
		fprintf(out, "Usage: irqclient %s %s\n%s\n", command->name, command->synopsis, command->help);
		groups = command->groups;
	} else {
		fprintf(out, "Usage: irqclient [OPTION]... COMMAND [ARGUMENT]...\n"
			"Shows and sets which CPUs handle which interrupts.\n\nCommands:\n");
		for (i = 0; i < COMMANDS; i++) {
			fprintf(out, "  %s %s\n        %s\n", commands[i].name, commands[i].synopsis, commands[i].help);
			groups |= commands[i].groups;
		}
	}
	fprintf(out, "\nOptions, before or after the command:\n");
	options_help(out, groups | OPTIONS_COMMON);
	fprintf(out, "\nExit: 0 done, 1 failed, 2 usage, 3 part of the changes failed, 5 service unreachable.\n"
		"irqclient(1) tells more.\n");
}

/* Flushes what help and version printed. */
static int finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CMD_DONE;
	if (errno == EPIPE)
		return CMD_DONE;
	say_error("cannot write to stdout: %s", strerror(errno));
	return CMD_FAILED;
}

/* No file or socket of ours may get the number of a standard stream that the caller closed. */
static void keep_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void set_url(struct options *options)
{
	if (!options->url)
		options->url = getenv("IRQCLIENT_URL");
	if (!options->url || !*options->url)
		options->url = DEFAULT_URL;
}

static int start(struct options *options)
{
	const struct command *command = find(options->command);
	struct screen screen;

	if (options->version) {
		printf("irqclient (irqpilot) %s\n", IRQPILOT_VERSION);
		return finish();
	}
	if (options->help && (command || !options->command)) {
		help(stdout, command);
		return finish();
	}
	if (!options->command) {
		say_usage("which command?");
		return CMD_USAGE;
	}
	if (!command) {
		say_usage("unknown command %s", options->command);
		return CMD_USAGE;
	}
	if (options_check(options, command->groups))
		return CMD_USAGE;
	set_url(options);
	return run(command->run, options, &screen);
}

int main(int argc, char **argv)
{
	struct options options;
	int code = CMD_USAGE;

	keep_streams();
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN); /* a reader that has gone ends us, not in the middle of a change */
	if (options_parse(&options, argc, argv) == 0)
		code = start(&options);
	options_free(&options);
	return code;
}
