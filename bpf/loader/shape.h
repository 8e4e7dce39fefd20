/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Comparing a pinned map with a map of an object. libbpf's reuse_fd checks
 * nothing, and a wrong max_entries or a smaller value is then accepted silently
 * (bpf.md, section 4), so everything is compared here first.
 */
#ifndef LOADER_SHAPE_H
#define LOADER_SHAPE_H

#include <bpf/libbpf.h>
#include <jansson.h>
#include <stdbool.h>

/* One line a difference, or NULL when the map can be used as it is. */
const char *shape_difference(const struct bpf_object *object, const struct bpf_map *wanted,
			     int pinned_fd);

/* Keys and values mean the same, so that entries can be copied byte for byte. */
bool shape_can_copy(const struct bpf_object *object, const struct bpf_map *wanted, int pinned_fd);

/* Shape of a loaded map for reports. */
json_t *shape_of(int fd);

/* BPF_MAP_TYPE_LRU_HASH as "lru_hash". */
const char *map_type_name(__u32 type);

#endif
