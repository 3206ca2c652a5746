/*
 * The API's objects as JSON text, and back. The only part that knows json-c and
 * the API's field names; fed by view, change, fcgi and client.
 *
 * Writers return a text that the caller frees, or NULL without memory; bytes
 * that are no UTF-8 become U+FFFD. Readers put what they make into the arena
 * and return 0, or -1 with *error a sentence of what is wrong (a constant or
 * the arena's); fields that are absent are no data (view.h), but the lists and
 * objects of which an answer consists must be there.
 */
#ifndef APIJSON_H
#define APIJSON_H

#include "change.h"
#include "plan.h"
#include "view.h"

char *apijson_overview(const struct view_overview *overview);
char *apijson_summary(const struct view_summary *summary);
char *apijson_irqs(const struct view_irqs *irqs);
char *apijson_topology(const struct view_topology *topology);
char *apijson_health(const struct view_health *health);
char *apijson_change(const struct change *change);
char *apijson_plan(const struct plan *plan);

int apijson_read_overview(struct arena *arena, const char *text, size_t length, struct view_overview *overview,
			  const char **error);
int apijson_read_summary(struct arena *arena, const char *text, size_t length, struct view_summary *summary,
			 const char **error);
int apijson_read_change(struct arena *arena, const char *text, size_t length, struct change *change,
			const char **error);
int apijson_read_plan(struct arena *arena, const char *text, size_t length, struct plan *plan, const char **error);

/* 416: the range of time that there is. RFC 3339. */
struct apijson_available {
	const char *start, *end;
};

/* application/problem+json */
struct apijson_problem {
	int status;
	const char *title, *detail, *code;
	int errno_;                     /* 0: none */
	struct change_error *errors;    /* which assignments cannot be */
	size_t error_count;
	struct apijson_available *available; /* NULL: not told */
};

char *apijson_problem(const struct apijson_problem *problem);
int apijson_read_problem(struct arena *arena, const char *text, size_t length, struct apijson_problem *problem,
			 const char **error);

/* The body of POST /changes. */
struct apijson_request {
	struct change_assignment *assignments;
	size_t assignment_count;
	double confirm_within; /* seconds; NaN: not given */
	int dry_run;           /* 0 or 1 */
};

/*
 * Strict: a field that is unknown, repeated, missing or of the wrong type, an
 * empty list, an IRQ named twice, what is no CPU number (or list) at all, and
 * anything after the object is an error, after which nothing is to be freed. Else
 * each assignment's cpus is malloc'd: apijson_request_free.
 */
int apijson_read_request(struct arena *arena, const char *text, size_t length, struct apijson_request *request,
			 const char **error);
/* The body of PUT /irqs/{irq}/affinity: {"cpu": 1} or {"cpus": "0-3"}. */
int apijson_read_affinity(struct arena *arena, const char *text, size_t length, const char *irq,
			  struct apijson_request *request, const char **error);
void apijson_request_free(struct apijson_request *request);
char *apijson_request(const struct apijson_request *request);

#endif
