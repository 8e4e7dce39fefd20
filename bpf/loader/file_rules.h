/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Rules about files: a map whose key is `struct file_id` (include/lsm_maps.h) is filled
 * from a text with a line for each rule, "<value in hexadecimal> <path>". The loader
 * looks the files up when it writes the map, at each boot again: device and inode
 * numbers are the node's own, and may change from one boot to the next.
 */
#ifndef LOADER_FILE_RULES_H
#define LOADER_FILE_RULES_H

#include <bpf/libbpf.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a map of an object is filled by the names of files. */
bool file_rules_wanted(const struct bpf_object *object, const struct bpf_map *map);

/*
 * Turns the text into records (symlinks are followed). Files that are not there are
 * left out and, with absent, listed.
 */
int file_rules_resolve(const char *map, const char *lines, size_t value_size,
		       unsigned char **records, size_t *size, json_t *absent);

#endif
