/* A made machine with a history, and requests without a web server; see fcgi_fake.h. */
#include "fcgi_fake.h"
#include "bootid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* 2026-01-02T03:04:05Z, the time of the first sample. */
#define FIRST INT64_C(1767323045000000)
#define SAMPLES 11
#define BOOT_US UINT64_C(1000000000)

char *root;
struct api api;
struct response response;
struct clock_now now;
const char *body;
size_t body_length;

static char *variables[16];
static size_t variable_count;

static void make_table(unsigned step)
{
	char text[2048];

	snprintf(text, sizeof text,
		 "           CPU0       CPU1\n"
		 "  8:          0          1   IO-APIC   8-edge      rtc0\n"
		 " 40: %10u %10u   PCI-MSIX-0000:00:03.0   0-edge      eth0-rx-0\n"
		 " 41: %10u          7   PCI-MSIX-0000:00:03.0   1-edge      eth0-tx-0\n"
		 " 42:          0          7   PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
		 "LOC: %10u %10u   Local timer interrupts\n"
		 "I/O: %10u          0   a label with a slash\n"
		 "ERR: %10u\n",
		 5 + 100 * step, 6 + 10 * step, 7 + step, 1000 + 250 * step, 900 + 250 * step, 3 * step, step);
	made_file(root, "proc/interrupts", text);
}

/* As a sampler does that ran from FIRST on. */
void make_history(void)
{
	struct history_sampler sampler = { 1000000, 100, 30, 20, 0 };
	struct history_writer *writer;
	struct history_boot boot;
	struct bootid bootid;
	struct counts counts;
	struct irqtable table;
	struct irqtable_error error;
	struct readall file = { NULL, 0, 0 };
	char *why = NULL;
	unsigned i;

	memset(&counts, 0, sizeof counts);
	memset(&table, 0, sizeof table);
	assert_int_equal(bootid_open(&bootid, api.proc), 0);
	boot = bootid_read(&bootid);
	bootid_close(&bootid);
	assert_int_equal(history_open_writer(&writer, api.history, HISTORY_SIZE_MIN, &why), 0);
	for (i = 0; i < SAMPLES; i++) {
		struct history_stamp stamp = { { FIRST + i * 1000000, BOOT_US + i * 1000000, BOOT_US + i * 1000000 },
					       100, 1000000, NULL };

		make_table(i);
		assert_int_equal(readall_path(&file, made_path(root, "proc/interrupts"), 0), 0);
		assert_int_equal(irqtable_parse(&table, file.text, file.length, &error), 0);
		assert_int_equal(counts_add(&counts, &table, stamp.start.boot_us), 0);
		assert_int_equal(history_append(writer, &boot, &stamp, &counts), 0);
	}
	history_tell(writer, &sampler);
	history_close_writer(writer);
	counts_free(&counts);
	irqtable_free(&table);
	readall_free(&file);
	free(why);
}

int new_machine(void **state)
{
	(void)state;
	root = made_new();
	memset(&api, 0, sizeof api);
	api.proc = strdup(made_path(root, "proc"));
	api.sys = strdup(made_path(root, "sys"));
	api.history = strdup(made_path(root, "state/history"));
	api.state = strdup(made_path(root, "state"));
	api.names.hostname = "box";
	api.names.hosts = "irq.example.org, [fd00::7]";
	made_folder(root, "state/");
	made_file(root, "proc/sys/kernel/random/boot_id", "01020304-0506-0708-090a-0b0c0d0e0f10\n");
	made_file(root, "proc/irq/40/smp_affinity_list", "0-1\n");
	made_file(root, "proc/irq/40/effective_affinity_list", "0\n");
	made_file(root, "proc/irq/40/affinity_hint", "2\n");
	made_file(root, "proc/irq/40/node", "0\n");
	made_file(root, "proc/irq/41/smp_affinity_list", "0-1\n");
	made_folder(root, "proc/irq/41/another-device/");
	made_file(root, "proc/irq/42/smp_affinity_list", "0-1\n");
	chmod(made_path(root, "proc/irq/42/smp_affinity_list"), 0444);
	made_file(root, "proc/irq/5/smp_affinity_list", "0\n");
	made_file(root, "sys/kernel/irq/42/chip_name", "PCI-MSIX-0000:00:02.0\n");
	made_file(root, "sys/kernel/irq/5/actions", "ttyS1,ttyS3\n");
	made_file(root, "sys/devices/system/cpu/online", "0-1\n");
	make_history();
	now.real_us = FIRST + SAMPLES * 1000000;
	now.boot_us = now.monotonic_us = BOOT_US + SAMPLES * 1000000;
	return 0;
}

int remove_machine(void **state)
{
	(void)state;
	response_free(&response);
	api_close(&api);
	free((char *)api.proc);
	free((char *)api.sys);
	free((char *)api.history);
	free((char *)api.state);
	made_remove(root);
	return 0;
}

void with(const char *name, const char *value)
{
	assert_true(variable_count + 1 < sizeof variables / sizeof *variables);
	if (asprintf(&variables[variable_count++], "%s=%s", name, value) < 0)
		abort();
}

void with_body(const char *text, size_t length)
{
	char number[32];

	body = text;
	body_length = length;
	snprintf(number, sizeof number, "%zu", length);
	with("CONTENT_LENGTH", number);
	with("CONTENT_TYPE", "application/json");
}

static size_t read_body(void *from, char *to, size_t room)
{
	size_t n = body_length < room ? body_length : room;

	(void)from;
	if (n) {
		memcpy(to, body, n);
		body += n;
		body_length -= n;
	}
	return n;
}

const char *ask(const char *method, const char *uri)
{
	struct request request;

	with("REQUEST_METHOD", method);
	with("REQUEST_URI", uri);
	response_free(&response);
	assert_int_equal(request_read(&request, variables), 0);
	assert_int_equal(request_read_body(&request, read_body, NULL, 1), 0);
	route_answer(&api, &request, now, &response);
	request_free(&request);
	while (variable_count)
		free(variables[--variable_count]);
	memset(variables, 0, sizeof variables);
	body = NULL;
	body_length = 0;
	return response.body ? response.body : "";
}

const char *ask_with(const char *method, const char *uri, const char *text)
{
	with_body(text, strlen(text));
	return ask(method, uri);
}

void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

void assert_nothing_written(void)
{
	assert_string_equal(made_text(root, "proc/irq/40/smp_affinity_list"), "0-1\n");
	assert_string_equal(made_text(root, "proc/irq/41/smp_affinity_list"), "0-1\n");
	assert_string_equal(made_text(root, "proc/irq/42/smp_affinity_list"), "0-1\n");
}

void assert_problem(const char *what, int status, const char *code)
{
	struct apijson_problem problem;
	struct arena arena = { NULL };
	const char *error = "";

	if (response.status != status)
		fail_msg("%s: %d, not %d: %s", what, response.status, status, response.body);
	assert_string_equal(response.content_type, "application/problem+json");
	assert_int_equal(apijson_read_problem(&arena, response.body, response.length, &problem, &error), 0);
	if (strcmp(problem.code, code) != 0)
		fail_msg("%s: %s", what, response.body);
	assert_int_equal(problem.status, status);
	assert_true(strlen(problem.title) > 0 && strlen(problem.detail) > 0);
	arena_free(&arena);
	assert_nothing_written();
}
