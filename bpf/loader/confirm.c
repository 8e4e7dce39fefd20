// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "confirm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apply.h"
#include "fail.h"
#include "paths.h"
#include "text.h"
#include "version.h"

/* Holds "<version> <pid> <time>": a watch whose own line is gone has nothing to do. */
static const char *pending_path(const char *name)
{
	return text(RECORD_DIR "/%s.pending", name);
}

/* Outlives a reboot, which ends every watch. */
static const char *unconfirmed_path(const char *name)
{
	return text(STATE_DIR "/%s/unconfirmed", name);
}

bool confirm_pending(const char *name)
{
	return path_exists(pending_path(name));
}

bool confirm_never_came(const char *name, const char *version)
{
	const char *found = read_file(unconfirmed_path(name), NULL);

	return found && !strcmp(found, version);
}

int confirm_drop(const char *name)
{
	return remove_tree(pending_path(name)) || remove_tree(unconfirmed_path(name)) ? -1 : 0;
}

static bool still_mine(const char *path, const char *mine)
{
	const char *found = read_file(path, NULL);

	return found && !strcmp(found, mine);
}

/* Runs detached from the caller, which has its answer already. */
static void watch(const char *path, const char *mine, int seconds, void (*expired)(const char *),
		  const char *name)
{
	struct timespec pause = { .tv_nsec = 200000000 };
	time_t end = 0;
	struct timespec now;

	do {
		nanosleep(&pause, NULL);
		if (!still_mine(path, mine))
			return;
		clock_gettime(CLOCK_MONOTONIC, &now);
		end = end ? end : now.tv_sec + seconds;
	} while (now.tv_sec < end);
	if (!lock_node(LOCK_WRITER) && still_mine(path, mine))
		expired(name);
}

int watch_start(const char *path, const char *label, int seconds, void (*expired)(const char *),
		const char *name)
{
	const char *mine = text("%s %d %lld\n", label, getpid(), (long long)time(NULL));
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t child;

	if (null < 0 || write_file(path, mine, strlen(mine)))
		return fail(text("Watching the change of %s", name), errno_text(errno),
			    "run it again");
	child = fork();
	if (child < 0)
		return fail(text("Watching the change of %s", name), errno_text(errno),
			    "run it again");
	if (child)
		return 0;
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	/* The lock belongs to the open file, not to the process: without this the watch would keep
	 * it. */
	unlock_node();
	watch(path, mine, seconds, expired, name);
	_exit(0);
}

static void go_back(const char *name)
{
	json_t *answer;

	if (confirm_drop(name))
		return;
	if (!version_previous(name) || rollback_locked(name, &answer))
		remove_locked(name, false, &answer);
}

int confirm_watch(const char *name, const char *version, int seconds)
{
	const char *marker = unconfirmed_path(name);

	if (write_file(marker, version, strlen(version)))
		return -1;
	return watch_start(pending_path(name), version, seconds, go_back, name);
}

int verb_confirm(const char *name, const char *version, json_t **answer)
{
	const char *what = text("Confirming version %s of %s", version, name);
	const char *current;

	if (lock_node(LOCK_WRITER))
		return -1;
	current = valid_name(name) ? version_current(name) : NULL;
	if (!current || strcmp(current, version))
		return fail(what, text("the attached version is %s", current ? current : "none"),
			    "the window was over, or another apply came between: look at "
			    "'ebpf-loader observe'");
	if (confirm_drop(name))
		return -1;
	*answer = json_pack("{s:s, s:s}", "name", name, "confirmed", version);
	return 0;
}
