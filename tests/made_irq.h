/*
 * The one real IRQ that tests may move: that of a virtio random number
 * generator, which fires once for each read of /dev/hwrng. Used by the tests of
 * affinity, change, fcgi.
 */
#ifndef MADE_IRQ_H
#define MADE_IRQ_H

#include "made.h"

#include <ctype.h>
#include <fcntl.h>

/* Why the real IRQ cannot be used here, or NULL with its number. */
static inline const char *made_irq_find(unsigned *irq)
{
	struct readall file = { NULL, 0, 0 };
	const char *why = "there is no IRQ named virtioN-input here (no virtio-rng device)";
	char *line, *next;

	if (geteuid() != 0)
		return "only root may move a real IRQ";
	if (access("/dev/hwrng", R_OK) != 0)
		return "there is no /dev/hwrng here";
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return "there is but one CPU here";
	if (readall_path(&file, "/proc/interrupts", 0) != 0)
		return "there is no /proc/interrupts here";
	for (line = file.text; *line; line = next) {
		char *name, *p;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		for (name = line; (name = strstr(name, "virtio")); name = p) {
			p = name + strlen("virtio");
			while (isdigit((unsigned char)*p))
				p++;
			if (strcmp(p, "-input") == 0) {
				*irq = (unsigned)strtoul(line, NULL, 10);
				why = NULL;
			}
		}
	}
	readall_free(&file);
	if (!why && access(made_path("/proc/irq", "."), W_OK) != 0)
		why = "/proc/irq is read-only here";
	return why;
}

/* Makes it fire so many times. */
static inline void made_irq_fire(int times)
{
	char bytes[64];
	int fd = open("/dev/hwrng", O_RDONLY | O_CLOEXEC);

	for (; fd >= 0 && times > 0; times--)
		if (read(fd, bytes, sizeof bytes) < 0)
			break;
	if (fd >= 0)
		close(fd);
}

#endif
