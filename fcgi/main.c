/* irqapi.fcgi: serves the API to a web server over FastCGI, or answers one request as plain CGI. */
#include "api.h"
#include "log.h"
#include "request.h"
#include "response.h"
#include "route.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char help[] =
	"Usage: irqapi.fcgi [OPTION]…\n"
	"Serves the irqpilot API. A web server starts it or talks to its socket (FastCGI);\n"
	"with REQUEST_METHOD in the environment it answers one request as plain CGI.\n"
	"\n"
	"  --proc DIR      where the kernel's /proc is           (IRQPILOT_PROC, /proc)\n"
	"  --sys DIR       where the kernel's /sys is            (IRQPILOT_SYS, /sys)\n"
	"  --history FILE  what irqsampler records               (IRQPILOT_HISTORY, /var/lib/irqpilot/history)\n"
	"  --state DIR     folder of what was changed            (IRQPILOT_STATE, /var/lib/irqpilot)\n"
	"  --hosts NAMES   further names that clients may use    (HOSTS)\n"
	"  --read-only     refuse every change                   (READ_ONLY=yes)\n"
	"  --help          this text\n"
	"  --version       the version\n";

static const char usage[] = "Try 'irqapi.fcgi --help'.\n";

/* What the options and the environment say. */
struct settings {
	struct api api;
	char hostname[HOST_NAME_MAX + 1], domain[256];
};

static const char *setting(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	return value && *value ? value : otherwise;
}

/* The machine's names; "(none)" is the kernel's word for no domain. */
static void find_names(struct settings *settings)
{
	struct host_names *names = &settings->api.names;

	if (gethostname(settings->hostname, sizeof settings->hostname) == 0) {
		settings->hostname[sizeof settings->hostname - 1] = '\0';
		names->hostname = settings->hostname;
	}
	if (getdomainname(settings->domain, sizeof settings->domain) == 0 && settings->domain[0] != '(') {
		settings->domain[sizeof settings->domain - 1] = '\0';
		names->domain = settings->domain;
	}
}

/* 0; -1: READ_ONLY is neither yes nor no. */
static int from_environment(struct settings *settings)
{
	struct api *api = &settings->api;
	const char *read_only = setting("READ_ONLY", "no");

	memset(settings, 0, sizeof *settings);
	api->proc = setting("IRQPILOT_PROC", "/proc");
	api->sys = setting("IRQPILOT_SYS", "/sys");
	api->history = setting("IRQPILOT_HISTORY", "/var/lib/irqpilot/history");
	api->state = setting("IRQPILOT_STATE", "/var/lib/irqpilot");
	api->names.hosts = setting("HOSTS", NULL);
	api->read_only = strcmp(read_only, "yes") == 0;
	find_names(settings);
	if (api->read_only || strcmp(read_only, "no") == 0)
		return 0;
	fprintf(stderr, "irqapi.fcgi: READ_ONLY is \"%s\": expected yes or no\n", read_only);
	return -1;
}

/* -1: go on; else the exit code. */
static int from_options(struct settings *settings, int argc, char **argv)
{
	enum { PROC = 1, SYS, HISTORY, STATE, HOSTS, READ_ONLY, HELP, VERSION };
	static const struct option options[] = {
		{ "proc", required_argument, NULL, PROC },       { "sys", required_argument, NULL, SYS },
		{ "history", required_argument, NULL, HISTORY }, { "state", required_argument, NULL, STATE },
		{ "hosts", required_argument, NULL, HOSTS },     { "read-only", no_argument, NULL, READ_ONLY },
		{ "help", no_argument, NULL, HELP },             { "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	struct api *api = &settings->api;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == PROC)
			api->proc = optarg;
		else if (option == SYS)
			api->sys = optarg;
		else if (option == HISTORY)
			api->history = optarg;
		else if (option == STATE)
			api->state = optarg;
		else if (option == HOSTS)
			api->names.hosts = optarg;
		else if (option == READ_ONLY)
			api->read_only = true;
		else if (option == HELP)
			return fputs(help, stdout) < 0 || fflush(stdout) != 0;
		else if (option == VERSION)
			return puts("irqapi.fcgi (irqpilot) " IRQPILOT_VERSION) < 0 || fflush(stdout) != 0;
		else
			break; /* getopt said what is wrong */
	}
	if (option == -1 && optind < argc)
		fprintf(stderr, "irqapi.fcgi: unexpected argument \"%s\"\n", argv[optind]);
	else if (option == -1)
		return -1;
	fputs(usage, stderr);
	return 2;
}

/* Reads the body, answers, and hands head and body to write. */
static void serve(struct api *api, char **variables, size_t (*read)(void *from, char *to, size_t room), void *from,
		  int without_length, void (*write)(void *to, const char *bytes, size_t length), void *to)
{
	struct request request;
	struct response response;
	bool is_head;
	char *head;
	int err = request_read(&request, variables);

	memset(&response, 0, sizeof response);
	if (!err)
		err = request_read_body(&request, read, from, without_length);
	if (!err)
		route_answer(api, &request, clock_read(), &response);
	else
		response_json(&response, 500, NULL);
	is_head = request.method && strcmp(request.method, "HEAD") == 0;
	head = response_head(&response);
	if (head)
		write(to, head, strlen(head));
	if (head && response.body && !is_head)
		write(to, response.body, response.length);
	free(head);
	response_free(&response);
	request_free(&request);
}

/* ---- plain CGI ---- */

static size_t read_stdin(void *from, char *to, size_t room)
{
	return fread(to, 1, room, from);
}

static void write_stdout(void *to, const char *bytes, size_t length)
{
	fwrite(bytes, 1, length, to);
}

static int answer_one(struct api *api)
{
	serve(api, environ, read_stdin, stdin, 0, write_stdout, stdout);
	api_close(api);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	log_error("cannot write the answer: %s", strerror(errno));
	return 1;
}

/* ---- FastCGI ---- */

static volatile sig_atomic_t stopping;
static int nothing = -1; /* /dev/null */

/*
 * A request under way has its own socket and is finished, its reads begun again (SA_RESTART). An accept that is
 * begun again, or comes only now, fails: there is no socket any more.
 */
static void stop(int signal)
{
	int saved = errno;

	(void)signal;
	stopping = 1;
	FCGX_ShutdownPending();
	dup2(nothing, STDIN_FILENO);
	errno = saved;
}

static void catch_signals(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	sigemptyset(&action.sa_mask);
	action.sa_handler = stop;
	action.sa_flags = SA_RESTART;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGUSR1, &action, NULL); /* what a FastCGI manager sends */
	action.sa_handler = SIG_IGN; /* a web server that went away is an error of write(2) */
	sigaction(SIGPIPE, &action, NULL);
}

static size_t read_stream(void *from, char *to, size_t room)
{
	int n = FCGX_GetStr(to, room > INT_MAX ? INT_MAX : (int)room, from);

	return n > 0 ? (size_t)n : 0;
}

static void write_stream(void *to, const char *bytes, size_t length)
{
	while (length) {
		int part = length > INT_MAX ? INT_MAX : (int)length, n = FCGX_PutStr(bytes, part, to);

		if (n <= 0)
			return;
		bytes += n;
		length -= (size_t)n;
	}
}

static int answer_all(struct api *api)
{
	FCGX_Request request;

	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || FCGX_Init() != 0 || FCGX_InitRequest(&request, STDIN_FILENO, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		log_error("cannot listen on the FastCGI socket: %s", strerror(errno));
		return 1;
	}
	catch_signals();
	while (!stopping && FCGX_Accept_r(&request) == 0) {
		serve(api, request.envp, read_stream, request.in, 1, write_stream, request.out);
		FCGX_Finish_r(&request);
	}
	if (!stopping)
		log_error("cannot accept a FastCGI connection: %s", strerror(errno));
	FCGX_Free(&request, 1);
	api_close(api);
	return stopping ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	int code;

	log_open("irqapi.fcgi", 0);
	if (from_environment(&settings) != 0)
		return 2;
	/* a web server makes words of a query into arguments of a CGI program: a client must not set options */
	if (FCGX_IsCGI() && getenv("REQUEST_METHOD"))
		return answer_one(&settings.api);
	code = from_options(&settings, argc, argv);
	if (code >= 0)
		return code;
	if (!FCGX_IsCGI())
		return answer_all(&settings.api);
	fprintf(stderr, "irqapi.fcgi: standard input is no FastCGI socket, and there is no REQUEST_METHOD for plain CGI\n%s",
		usage);
	return 2;
}
