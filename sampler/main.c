/* irqsampler: the life of the process; a sample itself is tick.c's. Feeds the history file, which irqapi.fcgi reads. */
#include "dump.h"
#include "log.h"
#include "tick.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define INTERVAL_MIN_US 10000u
#define INTERVAL_MAX_US 3600000000u

static const char usage[] =
	"Usage: irqsampler [OPTION]...\n"
	"Appends a snapshot of /proc/interrupts to a history file, again and again.\n"
	"\n"
	"  --history FILE    the history (default /var/lib/irqpilot/history, or $IRQPILOT_HISTORY)\n"
	"  --size SIZE       its size, fixed when it is made (default 128M)\n"
	"  --interval TIME   from one sample to the next, 10ms to 1h (default 1s)\n"
	"  --proc DIR        the kernel's files (default /proc, or $IRQPILOT_PROC)\n"
	"  --sys DIR         the kernel's devices (default /sys, or $IRQPILOT_SYS)\n"
	"  --state DIR       where changes and pins are kept (default /var/lib/irqpilot, or $IRQPILOT_STATE)\n"
	"  --daemon          goes to the background once the first sample is taken\n"
	"  --pidfile FILE    holds the process's number while it runs\n"
	"  --syslog          tells syslog, not stderr, what happens\n"
	"  --dump FILE       prints a history as text and ends\n"
	"  --help, --version\n";

struct options {
	struct tick_options tick;
	const char *pidfile, *dump;
	bool background, syslog;
};

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* -1: go on; else the exit code */
static int take_options(int argc, char **argv, struct options *options)
{
	enum { PROC = 256, SYS, HISTORY, STATE, SIZE, INTERVAL, DAEMON, PIDFILE, SYSLOG, DUMP, HELP, VERSION };
	static const struct option names[] = {
		{ "proc", required_argument, NULL, PROC },	 { "sys", required_argument, NULL, SYS },
		{ "history", required_argument, NULL, HISTORY }, { "state", required_argument, NULL, STATE },
		{ "size", required_argument, NULL, SIZE },	 { "interval", required_argument, NULL, INTERVAL },
		{ "daemon", no_argument, NULL, DAEMON },	 { "pidfile", required_argument, NULL, PIDFILE },
		{ "syslog", no_argument, NULL, SYSLOG },	 { "dump", required_argument, NULL, DUMP },
		{ "help", no_argument, NULL, HELP },		 { "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 }
	};
	struct tick_options *tick = &options->tick;
	int option;

	memset(options, 0, sizeof *options);
	tick->proc = setting("IRQPILOT_PROC", "/proc");
	tick->sys = setting("IRQPILOT_SYS", "/sys");
	tick->history = setting("IRQPILOT_HISTORY", "/var/lib/irqpilot/history");
	tick->size = HISTORY_SIZE_DEFAULT;
	tick->interval_us = 1000000;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case PROC:
			tick->proc = optarg;
			break;
		case SYS:
			tick->sys = optarg;
			break;
		case HISTORY:
			tick->history = optarg;
			break;
		case STATE:
			break; /* nothing is kept there yet */
		case SIZE:
			if (units_size(optarg, &tick->size) || tick->size < HISTORY_SIZE_MIN) {
				log_error("--size %s: a size from 1M on was expected, like 128M", optarg);
				return 2;
			}
			break;
		case INTERVAL:
			if (units_duration(optarg, &tick->interval_us) || tick->interval_us < INTERVAL_MIN_US ||
			    tick->interval_us > INTERVAL_MAX_US) {
				log_error("--interval %s: a time from 10ms to 1h (60m) was expected, like 1s", optarg);
				return 2;
			}
			break;
		case DAEMON:
			options->background = true;
			break;
		case PIDFILE:
			options->pidfile = optarg;
			break;
		case SYSLOG:
			options->syslog = true;
			break;
		case DUMP:
			options->dump = optarg;
			break;
		case HELP:
			fputs(usage, stdout);
			return 0;
		case VERSION:
			puts("irqsampler (irqpilot) " IRQPILOT_VERSION);
			return 0;
		default:
			fputs("irqsampler --help lists the options\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		log_error("%s: no argument was expected; --help lists the options", argv[optind]);
		return 2;
	}
	return -1;
}

/* Makes the folder that the history is in, if only it is missing. */
static void make_folder(const char *history)
{
	char *folder = strdup(history), *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash && slash != folder) {
		*slash = '\0';
		if (mkdir(folder, 0755) && errno != EEXIST)
			log_warning("%s: cannot be made: %s", folder, strerror(errno));
	}
	free(folder);
}

/*
 * Splits the process in two. In the child: the end of a pipe on which it says
 * that it is ready. In the parent: waits for that and exits.
 */
static int go_to_background(void)
{
	int ends[2];
	char ready;

	if (pipe(ends)) {
		log_error("pipe: %s", strerror(errno));
		return -1;
	}
	switch (fork()) {
	case -1:
		log_error("fork: %s", strerror(errno));
		return -1;
	case 0:
		close(ends[0]);
		setsid();
		return ends[1];
	default:
		close(ends[1]);
		_exit(read(ends[0], &ready, 1) == 1 ? 0 : 1);
	}
}

/* The first sample is taken: nobody needs the terminal any more. */
static void say_ready(int ready, const char *history)
{
	int null;

	log_info("sampling into %s", history);
	if (ready < 0)
		return;
	log_open("irqsampler", 1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		close(null);
	}
	if (write(ready, "", 1) != 1)
		log_warning("whoever started this process is gone");
	close(ready);
}

static int write_pidfile(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file || fprintf(file, "%ld\n", (long)getpid()) < 0 || fclose(file)) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* A descriptor on which SIGTERM and SIGINT arrive, and one that ticks without skew; or -1, logged. */
static int open_signals(void)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (fd < 0)
		log_error("signalfd: %s", strerror(errno));
	return fd;
}

static int open_timer(uint64_t interval_us)
{
	struct timespec interval = { (time_t)(interval_us / 1000000), (long)(interval_us % 1000000) * 1000 };
	struct itimerspec timer = { interval, interval };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &timer, NULL)) {
		log_error("timerfd: %s", strerror(errno));
		return -1;
	}
	return fd;
}

/* Samples until a signal says to end: 0, or until it cannot go on: 1. */
static int run(const struct options *options, int ready)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct tick tick;
	int taken = -1;

	fds[0].fd = open_signals();
	if (tick_open(&tick, &options->tick) == 0)
		taken = tick_take(&tick);
	fds[1].fd = open_timer(options->tick.interval_us);
	if (taken != 0 || fds[0].fd < 0 || fds[1].fd < 0 || (options->pidfile && write_pidfile(options->pidfile))) {
		tick_close(&tick);
		return 1; /* a first sample that cannot be taken is a reason not to start */
	}
	say_ready(ready, options->tick.history);
	while (taken >= 0) {
		uint64_t ticks;

		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue; /* revents are what they were before */
			log_error("poll: %s", strerror(errno));
			taken = -1;
			break;
		}
		if (fds[0].revents)
			break;
		if (fds[1].revents && read(fds[1].fd, &ticks, sizeof ticks) == (ssize_t)sizeof ticks)
			taken = tick_take(&tick);
	}
	log_info("ends");
	tick_close(&tick);
	if (options->pidfile)
		unlink(options->pidfile);
	return taken < 0;
}

int main(int argc, char **argv)
{
	struct options options;
	int ready = -1, code;

	log_open("irqsampler", 0);
	code = take_options(argc, argv, &options);
	if (code == 0 && fflush(stdout)) { /* --help, --version */
		log_error("standard output: %s", strerror(errno));
		code = 1;
	}
	if (code >= 0)
		return code;
	if (options.dump)
		return dump_history(options.dump, stdout) ? 1 : 0;
	make_folder(options.tick.history);
	if (options.background) {
		ready = go_to_background();
		if (ready < 0)
			return 1;
	}
	if (options.syslog)
		log_open("irqsampler", 1);
	return run(&options, ready);
}
