/* Reads whole files of unknown size for sampler, affinity, topology and client; see readall.h. */
#include "readall.h"
#include "grow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* /sys and /proc/irq hold a page a file; a made file may hold anything. */
#define SMALL_FILE (1u << 20)

/* The least that is read at once: a read of /proc gives about a page. */
enum { READ_ROOM = 4096 };

static int fill(struct readall *buffer, int fd, size_t limit)
{
	for (;;) {
		ssize_t n;

		if (grow(&buffer->text, &buffer->room, buffer->length + READ_ROOM, 1))
			return -ENOMEM;
		n = read(fd, buffer->text + buffer->length, buffer->room - 1 - buffer->length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buffer->length += (size_t)n;
		if (limit && buffer->length > limit)
			return -EFBIG;
	}
}

int readall_fd(struct readall *buffer, int fd, size_t limit)
{
	int err;

	buffer->length = 0;
	err = fill(buffer, fd, limit);
	if (err)
		buffer->length = 0;
	if (buffer->text)
		buffer->text[buffer->length] = '\0';
	return err;
}

int readall_path(struct readall *buffer, const char *path, size_t limit)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0) {
		err = -errno;
		buffer->length = 0;
		if (buffer->text)
			buffer->text[0] = '\0';
		return err;
	}
	err = readall_fd(buffer, fd, limit);
	close(fd);
	return err;
}

char *readall_line(const char *path)
{
	struct readall file = { NULL, 0, 0 };
	int err = readall_path(&file, path, SMALL_FILE);
	char *start, *end;

	if (err) {
		readall_free(&file);
		errno = -err;
		return NULL;
	}
	start = file.text;
	end = start + strcspn(start, "\n");
	while (*start == ' ' || *start == '\t')
		start++;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	memmove(file.text, start, (size_t)(end - start));
	file.text[end - start] = '\0';
	return file.text;
}

int readall_number(const char *path, int *number)
{
	char *line = readall_line(path), *end;
	long n;

	*number = -1;
	if (!line)
		return errno == ENOMEM ? -ENOMEM : 0;
	n = strtol(line, &end, 10);
	if (end != line && !*end && n >= 0 && n <= INT_MAX)
		*number = (int)n;
	free(line);
	return 0;
}

char *readall_join(const char *format, ...)
{
	va_list args;
	char *path;
	int n;

	va_start(args, format);
	n = vasprintf(&path, format, args);
	va_end(args);
	return n < 0 ? NULL : path;
}

void readall_free(struct readall *buffer)
{
	free(buffer->text);
	buffer->text = NULL;
	buffer->length = 0;
	buffer->room = 0;
}
