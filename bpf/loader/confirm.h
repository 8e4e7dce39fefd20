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

/* Ends the wait without a confirmation: another apply or a removal took over. */
int confirm_drop(const char *name);

/* The verb: keeps the version that is attached. */
int verb_confirm(const char *name, const char *version, json_t **answer);

#endif
