/*
 * Runs a command once, or again and again, and brings what it wrote to stdout:
 * the one place that writes there. Called by main.
 */
#ifndef RUN_H
#define RUN_H

#include "cmd.h"

/*
 * With options->delay a round follows the other; failures that may pass are
 * told and gone over. Returns the exit code of the (last) round; CMD_FAILED
 * when stdout cannot be written. A reader who has gone ends it quietly.
 */
int run(cmd_function *command, const struct options *options, struct screen *screen);

#endif
