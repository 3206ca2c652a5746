/* The history file itself: made, locked, checked, set aside. Fed by history_open.c and history_write.c; see history.h. */
#include "history_format.h"
#include "readall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The sizes of a new file. */
static void plan_head(struct history_head *head, uint64_t size)
{
	uint64_t segment = size / (size >= 64u << 20 ? 64 : 32) / 4096 * 4096;

	if (segment > 128u << 20)
		segment = 128u << 20;
	memset(head, 0, sizeof *head);
	head->magic = HISTORY_MAGIC;
	head->version = HISTORY_VERSION;
	head->head_bytes = HISTORY_HEAD_BYTES;
	head->file_bytes = size;
	head->segment_bytes = (uint32_t)segment;
	head->segment_count = (uint32_t)((size - HISTORY_HEAD_BYTES) / segment);
	head->group_max = (uint32_t)(segment / 4096);
	head->crc = history_head_crc(head);
}

/* Fills an empty file; its head is written last. */
static int make_file(int fd, uint64_t size, struct history_head *head)
{
	int err = -posix_fallocate(fd, 0, (off_t)size);

	if (err)
		return err;
	plan_head(head, size);
	if (pwrite(fd, head, sizeof *head, 0) != (ssize_t)sizeof *head)
		return errno ? -errno : -EIO;
	return fsync(fd) ? -errno : 0;
}

bool history_is_file_at(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Who holds the lock, as the file's head says. */
static int busy(int fd, const char *path, char **why)
{
	struct history_head head;

	free(*why);
	memset(&head, 0, sizeof head);
	if (pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head && head.writer_pid)
		*why = readall_join("%s: process %llu is writing it already (is irqsampler running?)", path,
				    (unsigned long long)head.writer_pid);
	else
		*why = readall_join("%s: another process is writing it already", path);
	return -EBUSY;
}

static int failed(const char *path, const char *what, int error, char **why)
{
	free(*why);
	*why = readall_join("%s: %s: %s", path, what, strerror(error));
	return -error;
}

int history_set_aside(const char *path, const char *reason, char **why)
{
	char *aside = readall_join("%s.bad", path), *first = *why;
	int err;

	if (!aside)
		return -ENOMEM;
	err = rename(path, aside) ? failed(path, "cannot set aside", errno, why) : 0;
	if (!err && !first)
		*why = readall_join("%s: %s; set aside as %s, a new one is begun", path, reason, aside);
	free(aside);
	return err;
}

/*
 * Opens, locks and checks the file at path, made when there is none.
 * -EAGAIN: it was set aside or replaced meanwhile, once more.
 */
static int open_once(const char *path, uint64_t size, struct history_head *head, int *out, char **why)
{
	struct stat st;
	const char *fault;
	int err;

	*out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (*out < 0)
		return failed(path, "cannot open for writing", errno, why);
	if (flock(*out, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? busy(*out, path, why) :
					      failed(path, "cannot lock", errno, why);
	if (!history_is_file_at(*out, path))
		return -EAGAIN;
	if (fstat(*out, &st))
		return failed(path, "cannot look at", errno, why);
	if (!S_ISREG(st.st_mode)) {
		free(*why);
		*why = readall_join("%s: not a regular file", path);
		return -EINVAL;
	}
	if (st.st_size == 0) {
		err = make_file(*out, size, head);
		if (err) {
			unlink(path);
			free(*why);
			*why = readall_join("%s: no room for a history of %llu bytes: %s; free some, or want a smaller one",
					    path, (unsigned long long)size, strerror(-err));
			return err;
		}
		return 0;
	}
	memset(head, 0, sizeof *head);
	if (pread(*out, head, sizeof *head, 0) != (ssize_t)sizeof *head)
		fault = "it is too short";
	else
		fault = history_head_fault(head, (uint64_t)st.st_size);
	if (!fault)
		return 0;
	err = history_set_aside(path, fault, why);
	return err ? err : -EAGAIN;
}

int history_open_file(const char *path, uint64_t size, struct history_head *head, char **why)
{
	int fd = -1, err = -EAGAIN, tries;

	for (tries = 0; err == -EAGAIN && tries < 5; tries++) {
		err = open_once(path, size, head, &fd, why);
		if (err && fd >= 0)
			close(fd); /* and its lock */
	}
	return err ? err : fd;
}
