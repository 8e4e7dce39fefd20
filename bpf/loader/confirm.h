/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Commit-confirm: a swap counts only when somebody who reached the node by a
 * fresh connection says so. A program that cuts the node off is taken back by
 * the node itself: to the previous version, or off the hook where there is none.
 */
#ifndef LOADER_CONFIRM_H
#define LOADER_CONFIRM_H

#include <jansson.h>
#include <stdbool.h>

/* The last apply of this program waits for its confirmation. */
bool confirm_pending(const char *name);

/* Starts a watch that swaps back after seconds; replaces an earlier watch. */
int confirm_watch(const char *name, const char *version, int seconds);

/*
 * The version was attached and never confirmed, in this boot or the last: what it
 * enforces is not to be trusted after a reboot.
 */
bool confirm_never_came(const char *name, const char *version);

/*
 * Writes a line of its own to path and starts a process that calls expired(name) with
 * the node's lock held, unless the line is gone or another one after seconds.
 */
int watch_start(const char *path, const char *label, int seconds, void (*expired)(const char *),
		const char *name);

/* Ends the wait without a confirmation: another apply or a removal took over. */
int confirm_drop(const char *name);

/* The verb: keeps the version that is attached. */
int verb_confirm(const char *name, const char *version, json_t **answer);

#endif
