/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Commit-confirm for contents of maps, such as the switch of an LSM program from audit
 * to enforce: what was written counts, and comes back after a reboot, only when it was
 * confirmed over a connection that was made afterwards.
 */
#ifndef LOADER_MAP_CONFIRM_H
#define LOADER_MAP_CONFIRM_H

#include <jansson.h>

/* Keeps what was just written for the next boot, and ends an earlier wait. */
int map_confirm_keep(const char *program, int count, char **maps_and_files);

/* Starts a watch that writes the kept contents again after seconds. */
int map_confirm_watch(const char *program, int seconds, int count, char **maps_and_files);

/* Ends the wait without a confirmation: the program goes. */
int map_confirm_drop(const char *program);

/* The verb: keeps what the last `map put --confirm` wrote. */
int verb_map_confirm(const char *program, json_t **answer);

#endif
