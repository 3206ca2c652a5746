/*
 * Sets affinities: checks a whole set of assignments, writes them, reads back.
 * Fed by the API; uses affinity, topology and irqtable. The structs are the
 * API's CHANGE object. All memory is the arena's.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "arena.h"
#include "cpulist.h"

#include <stdbool.h>
#include <stddef.h>

/* The kernel's directories. */
struct change_place {
	const char *proc, *sys;
};

/* What was asked. */
struct change_assignment {
	const char *irq;     /* label; unique in a set */
	struct cpulist cpus; /* not empty */
};

/* Why one assignment cannot be; code as in API.md ("no_such_irq", "bad_cpu", "managed", …). */
struct change_error {
	const char *irq, *code, *detail;
};

struct change_result {
	const char *irq, *name;
	const char *before;    /* requested affinity before, list */
	const char *requested; /* what was asked, list */
	const char *affinity;  /* requested affinity, read back */
	const char *effective; /* where it goes now; NULL: the kernel does not tell */
	const char *state;     /* "done", "pending", "failed"; in a dry run "planned" */
	const char *code;      /* NULL, or why it failed */
	int errno_;            /* 0, or the kernel's */
};

struct change {
	const char *id;       /* NULL: not kept (dry run) */
	const char *time;     /* RFC 3339 */
	const char *by;       /* address and user agent */
	const char *state;    /* "applied", "partly", "failed", "planned", … */
	const char *deadline; /* RFC 3339 or NULL */
	struct change_result *results;
	size_t result_count;
	const char **warnings;
	size_t warning_count;
};

/*
 * Whether every assignment can be, without writing. 0; or 1 and *errors has
 * one entry for each that cannot; or -ENOMEM.
 */
int change_check(struct arena *arena, const struct change_place *place, const struct change_assignment *assignments,
		 size_t count, struct change_error **errors, size_t *error_count);

/*
 * Writes all of them in order and reads each back; fills state and results
 * (the caller sets id, time, by). With dry_run nothing is written and
 * results tell what would be. 0 or -ENOMEM; what the kernel refused is told in
 * the results.
 */
int change_apply(struct arena *arena, const struct change_place *place, const struct change_assignment *assignments,
		 size_t count, bool dry_run, struct change *change);

/*
 * The code of an errno of affinity_write: "managed", "bad_cpu", "vectors_full",
 * "permission", …; reason as in affinity_reason_name, for those that mean one.
 */
const char *change_code(int error, const char *reason);

/* What a code means to who asked: "it is managed: the kernel …". */
const char *change_explain(const char *code);

#endif
