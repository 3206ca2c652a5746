/*
 * A made machine in a temporary folder: files of /proc and /sys that a test
 * writes and reads back. Used by the tests of affinity, change, topology, fcgi.
 */
#ifndef MADE_H
#define MADE_H

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readall.h"

/* A path below the folder, by turns in one of 8 places. */
static inline const char *made_path(const char *root, const char *path)
{
	static char places[8][1024];
	static unsigned next;
	char *place = places[next++ % 8];

	if ((size_t)snprintf(place, sizeof places[0], "%s/%s", root, path) >= sizeof places[0])
		abort();
	return place;
}

/* Writes a file, and the folders it is in. */
static inline void made_bytes(const char *root, const char *path, const char *text, size_t length)
{
	const char *full = made_path(root, path);
	char folder[1024], *p;
	FILE *file;

	if ((size_t)snprintf(folder, sizeof folder, "%s", full) >= sizeof folder)
		abort();
	for (p = strchr(folder + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(folder, 0755) != 0 && errno != EEXIST)
			abort();
		*p = '/';
	}
	if (folder[strlen(folder) - 1] == '/')
		return;
	file = fopen(full, "w");
	if (!file || fwrite(text, 1, length, file) != length || fclose(file) != 0)
		abort();
}

static inline void made_file(const char *root, const char *path, const char *text)
{
	made_bytes(root, path, text, strlen(text));
}

/* A path that ends in '/' is a folder. */
static inline void made_folder(const char *root, const char *path)
{
	made_bytes(root, path, "", 0);
}

static inline void made_link(const char *root, const char *path, const char *target)
{
	made_bytes(root, path, "", 0);
	if (unlink(made_path(root, path)) != 0 || symlink(target, made_path(root, path)) != 0)
		abort();
}

/* What a file holds, until the next call; "" when there is none. */
static inline const char *made_text(const char *root, const char *path)
{
	static struct readall file;
	static char text[65536];

	if (readall_path(&file, made_path(root, path), 0) != 0)
		return "";
	snprintf(text, sizeof text, "%s", file.text);
	readall_free(&file);
	return text;
}

/* A new folder; made_remove it. */
static inline char *made_new(void)
{
	char *root = strdup("/tmp/irqpilot-test-XXXXXX");

	if (!root || !mkdtemp(root))
		abort();
	return root;
}

static inline int made_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void made_remove(char *root)
{
	nftw(root, made_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}

#endif
