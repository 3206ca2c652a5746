/* What the tests of irqclient share; see client_fake.h. */
#include "client_fake.h"

#include "../client/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define VIEW (OPTIONS_WINDOW | OPTIONS_FILTER | OPTIONS_REFRESH | OPTIONS_FILE)

/* ---- the fake service ---- */

static struct {
	enum http_outcome outcome;
	int status;
	const char *body;
} answers[2];
size_t asked;
char question[2][1024];

static enum http_outcome answer_next(struct http_answer *answer)
{
	const char *body = answers[asked].body;

	memset(answer, 0, sizeof *answer);
	answer->outcome = answers[asked].outcome;
	answer->status = answers[asked].status;
	answer->body = body ? strdup(body) : NULL;
	answer->length = body ? strlen(body) : 0;
	snprintf(answer->error, sizeof answer->error, "Connection refused");
	asked++;
	return answer->outcome;
}

enum http_outcome http_get(const char *base, const char *path, const struct http_parameter *parameters, size_t count,
			   struct http_answer *answer)
{
	char *q = question[asked];
	size_t i;

	(void)base;
	assert_in_range(asked, 0, 1);
	q += sprintf(q, "GET %s", path);
	for (i = 0; i < count; i++)
		q += sprintf(q, " %s=%s", parameters[i].name, parameters[i].value);
	return answer_next(answer);
}

enum http_outcome http_post(const char *base, const char *path, const char *json, struct http_answer *answer)
{
	(void)base;
	assert_in_range(asked, 0, 1);
	snprintf(question[asked], sizeof question[asked], "POST %s %s", path, json);
	return answer_next(answer);
}

void http_free(struct http_answer *answer)
{
	free(answer->body);
	memset(answer, 0, sizeof *answer);
}

void will_answer(size_t which, int status, const char *body)
{
	answers[which].outcome = status ? HTTP_ANSWERED : HTTP_UNREACHABLE;
	answers[which].status = status;
	answers[which].body = body;
	asked = 0;
	memset(question, 0, sizeof question);
}

/* ---- running a command, as main does ---- */

char *out;
struct readall err;
struct screen screen;

static int run(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned groups;
		cmd_function *run;
	} commands[] = { { "overview", VIEW, cmd_overview },
			 { "summary", VIEW & ~(unsigned)OPTIONS_FILTER, cmd_summary },
			 { "set", OPTIONS_CHANGE, cmd_set },
			 { "balance", OPTIONS_WINDOW | OPTIONS_PLAN | OPTIONS_FILE | OPTIONS_CHANGE, cmd_balance } };
	struct options options;
	size_t i, length = 0;
	int code = CMD_USAGE;
	FILE *stream;

	free(out);
	out = NULL;
	stream = open_memstream(&out, &length);
	if (options_parse(&options, argc, argv) == 0)
		for (i = 0; i < sizeof commands / sizeof *commands; i++)
			if (options.command && strcmp(options.command, commands[i].name) == 0 &&
			    options_check(&options, commands[i].groups) == 0) {
				if (!options.url)
					options.url = "http://127.0.0.1:8080/";
				code = commands[i].run(&options, &screen, stream);
			}
	fclose(stream);
	options_free(&options);
	return code;
}

int irqclient(const char *words)
{
	char *line = strdup(words), *word, *rest, *argv[32] = { (char *)"irqclient" }, *p;
	FILE *file = tmpfile();
	int argc = 1, code, saved = dup(STDERR_FILENO);

	for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		for (p = word; *p; p++)
			if (*p == '|')
				*p = ' ';
		argv[argc++] = word;
	}
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	code = run(argc, argv);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	lseek(fileno(file), 0, SEEK_SET);
	readall_fd(&err, fileno(file), 0);
	fclose(file);
	free(line);
	return code;
}

void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not stand in \"%s\"", part, text);
}

size_t widest_line(const char *text)
{
	size_t widest = 0;

	while (*text) {
		size_t width = strcspn(text, "\n");

		if (width > widest)
			widest = width;
		text += width + (text[width] == '\n');
	}
	return widest;
}

size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" stands in \"%s\"", part, text);
}

void assert_usage(const char *words, const char *told)
{
	will_answer(0, 200, "{}");
	if (irqclient(words) != CMD_USAGE)
		fail_msg("no usage error: %s", words);
	assert_has(err.text, told);
	assert_has(err.text, "irqclient --help");
	assert_ptr_equal(strchr(err.text, '\n'), err.text + err.length - 1); /* one line */
	assert_string_equal(out, "");
	assert_int_equal(asked, 0);
}

/* ---- files ---- */

char *fixture(const char *name)
{
	const char *tests = getenv("IRQPILOT_TESTS");

	return readall_join("%s/fixtures/interrupts/%s", tests ? tests : "tests", name);
}

int with_fixture(const char *before, const char *name, const char *after)
{
	char *path = fixture(name), *words = readall_join("%s %s %s", before, path, after);
	int code = irqclient(words);

	free(words);
	free(path);
	return code;
}

static char made[2][32];

const char *file_with(size_t which, const char *text, size_t length)
{
	int fd;

	if (*made[which])
		unlink(made[which]);
	strcpy(made[which], "/tmp/test_client.XXXXXX");
	fd = mkstemp(made[which]);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
	return made[which];
}

int with_text(const char *command, const char *text)
{
	char *words = readall_join("%s -i %s", command, file_with(0, text, strlen(text)));
	int code = irqclient(words);

	free(words);
	return code;
}

int clean_up(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++)
		if (*made[i])
			unlink(made[i]);
	readall_free(&err);
	free(out);
	out = NULL;
	return 0;
}
