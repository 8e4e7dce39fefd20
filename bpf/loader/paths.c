// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fail.h"
#include "text.h"

#define LOCK_WAIT_SECONDS 60

static int lock_fd = -1;

static void on_alarm(int signal)
{
	(void)signal; /* only interrupts flock() */
}

int lock_node(enum lock_kind kind)
{
	struct sigaction action = { .sa_handler = on_alarm };

	if (make_dirs(RECORD_DIR))
		return -1;
	lock_fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock_fd < 0)
		return fail("Opening " LOCK_FILE, errno_text(errno), "run the loader as root");
	sigaction(SIGALRM, &action, NULL);
	alarm(LOCK_WAIT_SECONDS);
	if (flock(lock_fd, kind == LOCK_WRITER ? LOCK_EX : LOCK_SH))
		return fail("Waiting 60 s for " LOCK_FILE, "another ebpf-loader still holds it",
			    "look for it with 'ps -C ebpf-loader' and wait, or end it by its "
			    "process id; that is safe");
	alarm(0);
	return 0;
}

void unlock_node(void)
{
	close(lock_fd);
}

int require_bpffs(void)
{
	struct statfs info;

	if (!statfs(BPFFS, &info) && info.f_type == BPF_FS_MAGIC)
		return 0;
	return fail("Looking for the BPF file system at " BPFFS, "no bpffs is mounted there",
		    "mount it with 'mount -t bpf bpf " BPFFS
		    "', or enable sys-fs-bpf.mount so that it comes with the boot");
}

const char *pin_name(const char *name)
{
	const char *out = "";

	for (; *name; name++)
		out = *name == '.' ? text("%s%%2e", out) : text("%s%c", out, *name);
	return out;
}

bool valid_name(const char *name)
{
	size_t length = strlen(name);

	return length >= 1 && length <= 63 && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length &&
	       strncmp(name, ROOT_PREFIX, strlen(ROOT_PREFIX));
}

bool valid_version(const char *version)
{
	return strlen(version) == 12 && strspn(version, "0123456789abcdef") == 12;
}

int make_dirs(const char *path)
{
	char *copy = strdup(path);

	for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(copy, 0700) && errno != EEXIST)
			return fail(text("Making the folder %s", copy), errno_text(errno),
				    "check that the file system is writable and has space");
		if (!slash)
			return 0;
		*slash = '/';
	}
}

char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *bytes = NULL;
	size_t used = 0, room = 0;

	if (!file)
		return NULL;
	do {
		if (room - used < 65536) {
			room = room ? 2 * room : 131072;
			bytes = realloc(bytes, room);
			if (!bytes)
				abort();
		}
		used += fread(bytes + used, 1, room - used - 1, file);
	} while (!feof(file) && !ferror(file));
	if (ferror(file)) {
		fclose(file);
		return NULL;
	}
	fclose(file);
	bytes[used] = '\0';
	if (size)
		*size = used;
	return bytes;
}

int write_file(const char *path, const void *bytes, size_t size)
{
	const char *beside = text("%s.new", path);
	const char *remedy = "check the free space with 'df' and run it again";
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0)
		return fail(text("Writing %s", beside), errno_text(errno), remedy);
	while (done < size) {
		ssize_t written = write(fd, (const char *)bytes + done, size - done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return fail(text("Writing %s", beside), errno_text(errno), remedy);
		done += written;
	}
	if (fsync(fd) || close(fd) || rename(beside, path))
		return fail(text("Writing %s", path), errno_text(errno), remedy);
	return 0;
}

int replace_symlink(const char *path, const char *target)
{
	const char *beside = text("%s.new", path);

	unlink(beside);
	if (symlink(target, beside) || rename(beside, path))
		return fail(text("Pointing %s at %s", path, target), errno_text(errno),
			    "check the free space with 'df' and run it again");
	return 0;
}

const char *symlink_target(const char *path)
{
	char target[256];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = '\0';
	return strdup(target);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
	(void)info;
	(void)flag;
	(void)walk;
	return remove(path) && errno != ENOENT;
}

int remove_tree(const char *path)
{
	if (!nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) || errno == ENOENT)
		return 0;
	return fail(text("Removing %s", path), errno_text(errno),
		    "remove it by hand and run it again");
}

bool path_exists(const char *path)
{
	return !access(path, F_OK);
}

int list_dir(const char *path, const char ***names)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort), kept = 0;
	const char **out = calloc(count > 0 ? count : 1, sizeof(*out));

	for (int i = 0; i < count; i++)
		if (strcmp(entries[i]->d_name, ".") && strcmp(entries[i]->d_name, ".."))
			out[kept++] = entries[i]->d_name;
	*names = out;
	return kept;
}
