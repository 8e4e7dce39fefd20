/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* One version of a program's object: opened, checked, loaded beside the old one, pinned. */
#ifndef LOADER_OBJECT_H
#define LOADER_OBJECT_H

#include <bpf/libbpf.h>
#include <jansson.h>

#include "manifest.h"
#include "root.h"

#define MAX_MAPS 64

/* What happens to a map's pin when this version becomes the attached one. */
enum map_fate { MAP_REUSED, MAP_NEW, MAP_RECREATED, MAP_MIGRATED };

struct loaded_map {
	const char *name;
	struct bpf_map *map;
	enum map_fate fate;
	int old_fd; /* migrated: the pinned map that the old program uses */
};

struct loaded {
	struct bpf_object *object;
	struct loaded_map maps[MAX_MAPS];
	int map_count;
};

/* The map is a user's own, neither the chain nor a section of variables. */
bool map_is_pinned(const struct bpf_map *map);

/* Opens the object of a manifest without loading anything. */
int object_open(const struct manifest *manifest, struct bpf_object **object);

/* Loads the object beside what is attached. root is NULL without an XDP target. */
int object_load(const struct manifest *manifest, const struct root *root, struct loaded *loaded);

/* Runs the manifest's packets through the loaded program; nothing is attached. */
int object_smoke(const struct manifest *manifest, const struct loaded *loaded);

/* File descriptor of a function of the loaded object; -1 with failure(). */
int object_function(const struct loaded *loaded, const char *function);

#endif
