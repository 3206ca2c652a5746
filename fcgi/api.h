/*
 * The endpoints of the API: each takes one call whose path, method, parameters
 * and headers route has settled, and makes its answer. Fed by route; uses lib.
 */
#ifndef API_H
#define API_H

#include "clock.h"
#include "history.h"
#include "host.h"
#include "query.h"
#include "request.h"
#include "response.h"
#include "view.h"

#include <stdbool.h>

/* What one process serves; it lives from call to call. */
struct api {
	const char *proc, *sys;   /* the kernel's directories */
	const char *history;      /* path of the history file */
	const char *state;        /* folder of what changed */
	struct host_names names;
	bool read_only;           /* no writes at all */
	struct history_reader *reader; /* kept open; NULL: not yet */
};

/* One request on its way to an answer. */
struct call {
	struct api *api;
	const struct request *request;
	struct clock_now now;
	struct query query;
	const char *irq;          /* {irq} of the path, decoded */
	struct arena arena;
	struct response *response;
};

/* Out of memory: 500. */
void api_no_memory(struct call *call);

/* Counts beyond 63 bits: 500. */
void api_too_large(struct call *call);

/* Whether all of the parameter cpus is there ("which" says what that means); false: the call has been answered. */
bool api_has_cpus(struct call *call, const struct cpulist *there, const char *which);

/* Opens the history and asks for its range; false: the call has been answered (503, 500). */
bool api_range(struct call *call, struct history_range *range);

/*
 * What fired in the window asked for, into *window (empty; window_free it).
 * by_sample: the answer is the same until the next sample or change, and is
 * tagged so before any work. False: the call has been answered, with 503, 416,
 * 500, or 304 when the client has this very answer.
 */
bool api_window(struct call *call, bool by_sample, struct window *window);

/*
 * Adds to rows of a window where each may go now, and why it cannot be moved
 * (with_hint: its driver's wish too). 0 or -ENOMEM.
 */
int api_places(struct call *call, const struct window *window, struct view_irq *irqs, size_t count, bool with_hint);

/* Tells all workers that affinities changed: answers that were given before are no longer current. */
void api_changed(struct api *api, const struct clock_now *now);

/* Whether a process irqbalance runs: 1, 0, or -1 where PROC is no real procfs. */
int api_irqbalance(const char *proc);

/* Closes what is kept open. */
void api_close(struct api *api);

void api_overview(struct call *call);
void api_summary(struct call *call);
void api_irq(struct call *call);
void api_plan(struct call *call);
void api_topology(struct call *call);
void api_health(struct call *call);
void api_set_affinity(struct call *call);
void api_make_change(struct call *call);

#endif
