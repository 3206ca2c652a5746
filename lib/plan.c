/*
 * Makes a plan: reads the input, searches from scratch, and, where something is placed already, from there; see plan.h.
 * The parts are in plan_*.c, and what they have in common in plan_inside.h.
 */
#include "plan_inside.h"

#include <errno.h>
#include <string.h>

#define EXACT 100 /* millionths: a smaller tolerance is worth a search to the last interrupt */

static uint64_t millionths(double percent)
{
	if (!(percent > 0)) /* nor a NaN */
		return 0;
	return percent < 1e9 ? (uint64_t)(percent * 10000 + 0.5) : UINT64_C(10000000000000);
}

static int make(struct arena *arena, struct arena *scratch, const struct plan_input *input,
		const struct plan_options *options, struct plan *plan, const char **error)
{
	uint64_t tolerance = millionths(options->tolerance_percent);
	struct plan_model model;
	struct plan_bound bound;
	struct plan_state state;
	struct plan_front front;
	bool fresh;
	int err;

	err = plan_model_read(&model, scratch, arena, input, error);
	if (err)
		return err;
	fresh = options->fresh || !model.placed;
	if (plan_bound_find(&bound, scratch, &model) || plan_state_new(&state, scratch, &model) ||
	    plan_even(&state, scratch, &bound, fresh || tolerance < EXACT))
		return -ENOMEM;
	if (!fresh) {
		err = plan_moves(&front, scratch, &state, tolerance, options->moves);
		return err ? err : plan_result(plan, arena, &model, front.chosen, &bound, &front);
	}
	if (plan_spread(&state, scratch) || (model.placed && plan_relabel(&state, scratch)))
		return -ENOMEM;
	return plan_result(plan, arena, &model, state.place, &bound, NULL);
}

int plan_make(struct arena *arena, const struct plan_input *input, const struct plan_options *options,
	      struct plan *plan, const char **error)
{
	struct arena scratch = { NULL };
	int err;

	memset(plan, 0, sizeof *plan);
	*error = NULL;
	err = make(arena, &scratch, input, options, plan, error);
	arena_free(&scratch);
	return err;
}
