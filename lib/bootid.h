/*
 * Which boot of the machine this is, as the history marks its samples. Fed by
 * PROC; feeds the sampler, which stores it, and the API, which compares it.
 */
#ifndef BOOTID_H
#define BOOTID_H

#include "history.h"
#include "readall.h"

/* Where it is read from; all private. */
struct bootid {
	char *id, *stat; /* paths */
	struct readall text;
};

/* Below proc ("/proc"). 0 or -ENOMEM; bootid_close it in either case. */
int bootid_open(struct bootid *source, const char *proc);

/*
 * sys/kernel/random/boot_id; where there is none, the time of boot that stat
 * tells; else zeros, which is no boot's. Allocates nothing once it was read.
 */
struct history_boot bootid_read(struct bootid *source);

void bootid_close(struct bootid *source);

#endif
