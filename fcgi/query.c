/* Query parameters as typed values; fed by route, feeds the api_* handlers; see query.h. */
#include "query.h"
#include "url.h"
#include "view.h"
#include "when.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_WINDOW_US INT64_C(60000000)
#define DEFAULT_TOLERANCE 1
#define MOST_TOLERANCE 1e6

/* What was given, before it is put together. */
struct reading {
	struct query *query;
	struct arena *arena;
	unsigned takes;
	int64_t now_us;
	const char **fault;
	unsigned given; /* a bit for each parameter of the table */
	int64_t window_us, start_us, end_us;
};

/* Each returns NULL, or what was expected or is wrong. */
static const char *set_window(struct reading *r, const char *value)
{
	return when_duration(value, &r->window_us) ? NULL : "expected " WHEN_DURATION_FORMS;
}

static const char *set_start(struct reading *r, const char *value)
{
	return when_time(value, r->now_us, &r->start_us) ? NULL : "expected " WHEN_TIME_FORMS;
}

static const char *set_end(struct reading *r, const char *value)
{
	return when_time(value, r->now_us, &r->end_us) ? NULL : "expected " WHEN_TIME_FORMS;
}

static const char *set_irqs(struct reading *r, const char *value)
{
	r->query->irqs = value;
	return view_filter_fault(value);
}

static const char *set_cpus(struct reading *r, const char *value)
{
	return cpulist_parse(&r->query->cpus, value) == 0 && r->query->cpus.count ? NULL : "expected a list of CPU numbers (0-3,8)";
}

static const char *set_device(struct reading *r, const char *value)
{
	r->query->device = value;
	return NULL;
}

static const char *set_flag(bool *flag, const char *value)
{
	*flag = strcmp(value, "1") == 0;
	return *flag || strcmp(value, "0") == 0 ? NULL : "expected 0 or 1";
}

static const char *set_all(struct reading *r, const char *value)
{
	return set_flag(&r->query->all, value);
}

static const char *set_excluded(struct reading *r, const char *value)
{
	return cpulist_parse(&r->query->excluded, value) == 0 && r->query->excluded.count ? NULL :
	       "expected a list of CPU numbers (0-3,8)";
}

static const char *set_local(struct reading *r, const char *value)
{
	return set_flag(&r->query->local, value);
}

static const char *set_fresh(struct reading *r, const char *value)
{
	return set_flag(&r->query->fresh, value);
}

static const char *set_tolerance(struct reading *r, const char *value)
{
	char *end;

	r->query->tolerance_percent = strtod(value, &end);
	return strspn(value, "0123456789.") == strlen(value) && end != value && !*end &&
	       r->query->tolerance_percent <= MOST_TOLERANCE ? NULL : "expected percent, from 0 (1, 0.5)";
}

static const char *set_moves(struct reading *r, const char *value)
{
	errno = 0;
	r->query->moves = strtoull(value, NULL, 10);
	return strspn(value, "0123456789") == strlen(value) && !errno && r->query->moves <= INT64_MAX ? NULL :
	       "expected how many moves at most, from 0";
}

static const struct parameter {
	const char *name;
	unsigned of;
	const char *(*set)(struct reading *r, const char *value);
} parameters[] = {
	{ "window", QUERY_WINDOW, set_window },
	{ "start", QUERY_WINDOW, set_start },
	{ "end", QUERY_WINDOW, set_end },
	{ "irqs", QUERY_ROWS | QUERY_PLAN, set_irqs },
	{ "cpus", QUERY_ROWS | QUERY_PLAN, set_cpus },
	{ "device", QUERY_ROWS | QUERY_PLAN, set_device },
	{ "all", QUERY_ROWS, set_all },
	{ "exclude_cpus", QUERY_PLAN, set_excluded },
	{ "local", QUERY_PLAN, set_local },
	{ "tolerance", QUERY_PLAN, set_tolerance },
	{ "moves", QUERY_PLAN, set_moves },
	{ "fresh", QUERY_PLAN, set_fresh },
};
#define PARAMETERS (sizeof parameters / sizeof *parameters)

/* In the order of the table. */
enum { WINDOW = 1, START = 2, END = 4 };

static int fault(struct reading *r, const char *text)
{
	*r->fault = text;
	return text ? 1 : -ENOMEM;
}

static int unknown(struct reading *r, const char *name)
{
	const char *list = "";
	size_t i;

	for (i = 0; list && i < PARAMETERS; i++)
		if (parameters[i].of & r->takes)
			list = arena_printf(r->arena, "%s%s%s", list, *list ? ", " : "", parameters[i].name);
	if (!list)
		return -ENOMEM;
	return fault(r, arena_printf(r->arena, "There is no parameter \"%.100s\" here; this path takes %s.", name,
				     *list ? list : "none"));
}

/* One "name=value", decoded. */
static int set_one(struct reading *r, const char *name, const char *value)
{
	const char *wrong;
	size_t i;

	for (i = 0; i < PARAMETERS; i++)
		if ((parameters[i].of & r->takes) && strcmp(parameters[i].name, name) == 0)
			break;
	if (i == PARAMETERS)
		return unknown(r, name);
	if (r->given & 1u << i)
		return fault(r, arena_printf(r->arena, "Parameter \"%s\" is given twice.", name));
	r->given |= 1u << i;
	if (!value)
		return fault(r, arena_printf(r->arena, "Parameter \"%s\" has no value: expected %s=….", name, name));
	if (!*value)
		return fault(r, arena_printf(r->arena, "Parameter \"%s\" is empty; leave it out or give a value.", name));
	wrong = parameters[i].set(r, value);
	if (wrong)
		return fault(r, arena_printf(r->arena, "Parameter \"%s\" is \"%.100s\": %s.", name, value, wrong));
	return 0;
}

static int decode(struct reading *r, const char *raw, size_t length, const char *what, const char **text)
{
	char *decoded = arena_alloc(r->arena, length + 1, 1);
	const char *wrong;

	if (!decoded)
		return -ENOMEM;
	*text = decoded;
	wrong = url_decode(raw, length, true, decoded);
	return wrong ? fault(r, arena_printf(r->arena, "%s has %s.", what, wrong)) : 0;
}

static int read_pair(struct reading *r, const char *raw, size_t length)
{
	const char *equals = memchr(raw, '=', length), *name, *value = NULL, *what;
	size_t name_length = equals ? (size_t)(equals - raw) : length;
	int err;

	if (!name_length)
		return fault(r, "The query has a parameter without a name; expected name=value&name=value.");
	err = decode(r, raw, name_length, "The name of a parameter", &name);
	if (err)
		return err;
	what = arena_printf(r->arena, "Parameter \"%.100s\"", name);
	if (!what)
		return -ENOMEM;
	if (equals)
		err = decode(r, equals + 1, length - name_length - 1, what, &value);
	return err ? err : set_one(r, name, value);
}

/* The window that was meant. */
static int settle(struct reading *r)
{
	struct query *query = r->query;

	if ((r->given & (WINDOW | START)) == (WINDOW | START))
		return fault(r, "Parameters \"window\" and \"start\" exclude each other: give window (and end), or start (and end).");
	query->end_us = r->given & END ? r->end_us : r->now_us;
	/* unless the start is there too: of that there is no history */
	query->to_last = query->end_us > r->now_us && !(r->given & START && r->start_us >= r->now_us);
	if (query->to_last)
		query->end_us = r->now_us;
	query->window_us = r->given & START ? 0 : r->given & WINDOW ? r->window_us : DEFAULT_WINDOW_US;
	query->start_us = r->given & START ? r->start_us : query->end_us - query->window_us;
	if (query->start_us < query->end_us)
		return 0;
	if (!(r->given & END))
		return fault(r, "Parameter \"start\" is not before now: expected a time in the past.");
	return fault(r, "Parameter \"end\" is not after \"start\": expected a window longer than 0.");
}

int query_read(struct query *query, struct arena *arena, const char *raw, unsigned takes, int64_t now_us,
	       const char **fault_text)
{
	struct reading reading;
	int err = 0;

	memset(&reading, 0, sizeof reading);
	reading.query = query;
	reading.arena = arena;
	reading.takes = takes;
	reading.now_us = now_us;
	reading.fault = fault_text;
	query->tolerance_percent = DEFAULT_TOLERANCE;
	query->moves = VIEW_NONE;
	while (raw && !err) {
		size_t length = strcspn(raw, "&");

		err = read_pair(&reading, raw, length);
		raw = raw[length] ? raw + length + 1 : NULL;
	}
	if (!err && (takes & QUERY_WINDOW))
		err = settle(&reading);
	if (!err && query->fresh && query->moves != VIEW_NONE)
		err = fault(&reading, "Parameters \"fresh\" and \"moves\" exclude each other: a plan from scratch moves as many as "
			    "it takes.");
	return err;
}

void query_free(struct query *query)
{
	cpulist_free(&query->cpus);
	cpulist_free(&query->excluded);
}
