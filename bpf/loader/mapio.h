/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Contents of maps as bytes. A plain map is a run of records: key, value. A map
 * of maps is a run of: outer key, count (32 bit, host order), then count records
 * of the inner map; each inner map is filled beside the old one and replaces it
 * in one update.
 */
#ifndef LOADER_MAPIO_H
#define LOADER_MAPIO_H

#include <bpf/libbpf.h>
#include <jansson.h>
#include <stdbool.h>

struct manifest;

/* One map to fill. inner: the definition of inner maps, NULL for a plain map. */
struct filling {
	const char *name;
	int fd;
	const struct bpf_map *inner;
	const unsigned char *bytes;
	size_t size;
};

/* Writes every record of the bytes; what else the map holds stays. */
int map_write(const struct filling *filling);

/* Deletes (in arrays: zeroes) every record that the bytes do not name. */
int map_prune(const struct filling *filling);

/*
 * SHA-256 over the map's records in key order; all-zero values of arrays are
 * left out, so that a file need not list them. NULL with failure().
 */
const char *map_digest(const char *name, int fd);

/*
 * Records as JSON, keys and values in hexadecimal; NULL with failure(). A value of a
 * per-CPU map is the values of all possible CPUs, each filled up to 8 bytes.
 */
json_t *map_dump(const char *name, int fd);

/* Copies what is in one map into another of the same keys and values. */
int map_copy(const char *name, int from, int to);

/* Fills a new map with what `map put` last saved for it, if anything. */
int map_restore(const struct manifest *m, const struct bpf_map *map);

/*
 * map put: maps[i] gets the contents of files[i]; written in order, pruned in reverse.
 * With seconds the old contents come back unless `map confirm` comes first.
 */
int verb_map_put(const char *program, int seconds, int count, char **maps_and_files,
		 json_t **answer);

/* The part of it that writes; files that rules name and the node has not go to absent. */
int map_put_files(const char *program, int count, char **maps_and_files, json_t *absent,
		  json_t *digests);

/* Where the contents that `map put` wrote are kept for the next boot. */
const char *map_saved_path(const char *program, const char *map);

int verb_map_dump(const char *program, const char *map, bool digest_only, json_t **answer);

#endif
