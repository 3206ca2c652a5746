/* Sends a set of assignments as one change, and says what took effect; see apply.h. */
#include "apply.h"

#include "api.h"
#include "cmd.h"
#include "say.h"
#include "show.h"

#include <stdlib.h>
#include <string.h>

#define LEAST 8 /* names and states are not cut shorter */

static bool failed(const struct change_result *result)
{
	return result->state && strcmp(result->state, "failed") == 0;
}

static const char *reason(const struct change_result *result)
{
	return result->code ? result->code : "no reason given";
}

static void add_state(struct table *table, const struct change_result *result)
{
	const char *state = result->state;

	if (failed(result))
		table_addf(table, "failed: %s", reason(result));
	else if (state && strcmp(state, "pending") == 0)
		table_add(table, "pending: until it fires next");
	else if (state && strcmp(state, "planned") == 0)
		table_add(table, "planned: nothing was written");
	else
		table_add(table, state);
}

static int show(FILE *out, const struct change *change, const struct screen *screen)
{
	struct table table;
	size_t i;
	int err;

	memset(&table, 0, sizeof table);
	table_column(&table, "IRQ", TABLE_RIGHT);
	table_column(&table, "NAME", TABLE_LEFT);
	table_column(&table, "BEFORE", TABLE_LEFT);
	table_column(&table, "", TABLE_LEFT);
	table_column(&table, "AFFINITY", TABLE_LEFT);
	table_column(&table, "EFFECTIVE", TABLE_LEFT);
	table_column(&table, "STATE", TABLE_LEFT);
	for (i = 0; i < change->result_count; i++) {
		const struct change_result *r = &change->results[i];
		bool planned = r->state && strcmp(r->state, "planned") == 0;

		table_add(&table, r->irq);
		table_add(&table, r->name);
		table_add(&table, r->before);
		table_add(&table, "->");
		table_add(&table, planned ? r->requested : r->affinity);
		table_add(&table, r->effective);
		add_state(&table, r);
	}
	if (!table.failed) {
		table_limit(&table, 1, screen->width, LEAST);
		table_limit(&table, table.column_count - 1, screen->width, LEAST);
	}
	err = table_print(&table, out, screen->colour);
	table_free(&table);
	return err;
}

/* What the kernel refused, on stderr: stdout's table may be seen by nobody, or be JSON. */
static void tell_failures(const struct change *change)
{
	size_t i;

	for (i = 0; i < change->result_count; i++) {
		const struct change_result *r = &change->results[i];
		const char *name = r->name ? r->name : "";

		if (failed(r))
			say_error("IRQ %s%s%s%s failed: %s%s%s%s", r->irq ? r->irq : "?", *name ? " (" : "", name,
				  *name ? ")" : "", reason(r), r->errno_ ? " (" : "",
				  r->errno_ ? strerror(r->errno_) : "", r->errno_ ? ")" : "");
	}
}

static int outcome(const struct change *change)
{
	size_t i, bad = 0;

	for (i = 0; i < change->result_count; i++)
		bad += failed(&change->results[i]);
	if (bad == 0)
		return CMD_DONE;
	return bad == change->result_count ? CMD_FAILED : CMD_PARTLY;
}

void apply_write(FILE *out, const char *within, const char *change, size_t length)
{
	while (length && strchr(" \t\r\n", change[length - 1]))
		length--;
	fwrite(within, 1, (size_t)(strrchr(within, '}') - within), out);
	fputs(",\"change\":", out);
	fwrite(change, 1, length, out);
	fputs("}\n", out);
}

int apply_send(struct arena *arena, const struct options *options, const struct apijson_request *request,
	       const char *within, const struct screen *screen, FILE *out)
{
	char *json = apijson_request(request);
	struct http_answer answer;
	struct change change;
	const char *error;
	size_t i;
	int code;

	if (!json)
		return say_no_memory();
	code = api_ask(options, "/api/v1/changes", NULL, 0, json, out, &answer);
	free(json);
	if (code)
		return code;
	if (apijson_read_change(arena, answer.body, answer.length, &change, &error)) {
		code = api_unreadable(options, error);
	} else {
		code = outcome(&change);
		if (options->json && within) {
			apply_write(out, within, answer.body, answer.length);
		} else if (options->json) {
			api_raw(&answer, out);
		} else if (show(out, &change, screen)) {
			code = say_no_memory();
		} else if (change.id) {
			show_line(out, screen, "change %s: %s", change.id, change.state ? change.state : "done");
		}
		tell_failures(&change);
		for (i = 0; i < change.warning_count; i++)
			say_error("warning: %s", change.warnings[i]);
	}
	http_free(&answer);
	return code;
}
