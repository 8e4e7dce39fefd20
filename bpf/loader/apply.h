/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The verbs that change what is attached. Each takes the node's lock itself. */
#ifndef LOADER_APPLY_H
#define LOADER_APPLY_H

#include <jansson.h>
#include <stdbool.h>

#include "manifest.h"

/*
 * Attaches the version in a folder; answers the facts, whether anything changed
 * and whether the swap waits for its confirmation (confirm_seconds > 0).
 */
int verb_apply(const char *dir, int confirm_seconds, json_t **answer);

/* Attaches the previous version again; it becomes current. */
int verb_rollback(const char *name, json_t **answer);

/* Applies the current version of every program, as after a boot. */
int verb_boot(json_t **answer);

/* Detaches and removes a program; its maps too with maps. Safe when it is gone. */
int verb_remove(const char *name, bool maps, json_t **answer);

/* The parts of an apply that rollback shares; the lock is held. */
int rollback_locked(const char *name, json_t **answer);
int remove_locked(const char *name, bool maps, json_t **answer);
int apply_locked(const char *dir, json_t **answer);
int apply_record(const struct manifest *manifest);
int apply_answer(const char *name, bool changed, json_t **answer);

/* Takes a target's program away if it is ours; removes an empty root. */
int target_release(const char *name, const struct target *target);

/* Facts of one program or, with NULL, of all. */
int verb_observe(const char *name, json_t **answer);

/* What a program reported within seconds, and before. */
int verb_events(const char *name, const char *seconds, json_t **answer);

/* What this kernel can do and, with both words, why it cannot attach to a target of a hook. */
int verb_probe(const char *hook, const char *target, json_t **answer);

#endif
