/* The API's PLAN as JSON text, and back: which fields it has; fed by fcgi and client. See apijson.h, plan.h. */
#include "apijson.h"
#include "apijson_fields.h"

#include <string.h>

static const struct apijson_field cpu_fields[] = {
	AT(plan_cpu, UINT, cpu), AT(plan_cpu, COUNT, load), AT(plan_cpu, COUNT, fixed), AT(plan_cpu, COUNT, before), END
};

static const struct apijson_field assignment_fields[] = {
	AT(plan_assignment, TEXT, irq),
	AT(plan_assignment, TEXT, name),
	AT(plan_assignment, INT, cpu),
	AT(plan_assignment, COUNT, count),
	AT(plan_assignment, INT, from),
	AT(plan_assignment, BOOL, move),
	AT(plan_assignment, TEXT, why),
	END
};

static const struct apijson_field unmovable_fields[] = {
	AT(plan_unmovable, TEXT, irq), AT(plan_unmovable, TEXT, name), AT(plan_unmovable, TEXT, reason),
	AT(plan_unmovable, COUNT, count), END
};

/* The nested structs have no names of their own: their fields count from struct plan's start. */
static const struct apijson_field both_evenness_fields[] = {
	{ "before", OBJECT, offsetof(struct plan, evenness.before), 0, apijson_evenness_fields, 0 },
	{ "planned", OBJECT, offsetof(struct plan, evenness.planned), 0, apijson_evenness_fields, 0 },
	END
};

static const struct apijson_field bound_fields[] = {
	NAMED(plan, "lower", COUNT, bound.lower),
	NAMED(plan, "gap", COUNT, bound.gap),
	NAMED(plan, "optimal", BOOL, bound.optimal),
	NAMED(plan, "why", TEXT, bound.why),
	END
};

static const struct apijson_field step_fields[] = {
	AT(plan_step, COUNT, moves), AT(plan_step, NUMBER, imbalance), END
};

static const struct apijson_field plan_fields[] = {
	NESTED(plan, OBJECT, window, apijson_window_fields, 0),
	COUNTED(plan, "cpus", LIST, cpus, cpu_count, cpu_fields, sizeof(struct plan_cpu)),
	COUNTED(plan, "assignments", LIST, assignments, assignment_count, assignment_fields,
		sizeof(struct plan_assignment)),
	COUNTED(plan, "unmovable", LIST, unmovable, unmovable_count, unmovable_fields, sizeof(struct plan_unmovable)),
	AT(plan, COUNT, moves),
	AT(plan, COUNT, moves_bound),
	{ "evenness", OBJECT, 0, 0, both_evenness_fields, 0 },
	{ "bound", OBJECT, 0, 0, bound_fields, 0 },
	COUNTED(plan, "frontier", LIST, frontier, frontier_count, step_fields, sizeof(struct plan_step)),
	END
};

char *apijson_plan(const struct plan *plan)
{
	return apijson_table_write(plan_fields, plan);
}

int apijson_read_plan(struct arena *arena, const char *text, size_t length, struct plan *plan, const char **error)
{
	memset(plan, 0, sizeof *plan);
	return apijson_table_read(arena, plan_fields, text, length, 0, plan, error);
}
