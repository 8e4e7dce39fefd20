/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* All entries of a map, read into memory in key order. */
#ifndef LOADER_RECORDS_H
#define LOADER_RECORDS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/* Records of one map, one after the other: key, value. */
struct records {
	unsigned char *bytes;
	size_t count, room, key_size, value_size;
};

/* The map's values are other maps. */
bool map_is_outer(__u32 type);

/* Information of a map that can be written as a whole, or of one that can be read; else fails. */
int map_describe(const char *name, int fd, struct bpf_map_info *info);
int map_describe_readable(const char *name, int fd, struct bpf_map_info *info);

/* All records in key order; of an array only those that are not all zero. */
struct records records_read(int fd, const struct bpf_map_info *info);

const unsigned char *records_at(const struct records *all, size_t i);
void records_append(struct records *all, const void *key, const void *value);
void records_sort(struct records *all);

/* Zeroed memory, at least one byte. */
void *room_for(size_t size);

#endif
