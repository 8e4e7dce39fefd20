/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Facts about what is attached, against what the current version should have attached. */
#ifndef LOADER_ATTACHED_H
#define LOADER_ATTACHED_H

#include <jansson.h>
#include <stdbool.h>

#include "manifest.h"

/* Everything known of one program by name. */
json_t *attached_facts(const char *name);

/* The facts say that this version runs, whole and unchanged. */
bool attached_as_wanted(json_t *facts, const struct manifest *manifest);

/* Names of all programs that have files, pins or a record here. */
int attached_names(const char ***names);

#endif
