// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "records.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "kernel.h"
#include "shape.h"
#include "text.h"

static bool is_array(__u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

bool map_is_outer(__u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static bool is_plain(__u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_HASH ||
	       type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LPM_TRIE;
}

static bool is_per_cpu(__u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Bytes that a lookup returns: of a per-CPU map one value a possible CPU, each filled up to 8. */
static size_t value_width(const struct bpf_map_info *info)
{
	if (!is_per_cpu(info->type))
		return info->value_size;
	return (info->value_size + 7) / 8 * 8 * libbpf_num_possible_cpus();
}

int map_describe(const char *name, int fd, struct bpf_map_info *info)
{
	const char *what = text("Opening the map %s", name);

	if (fd < 0 || !map_info(fd, info))
		return fail(what, errno_text(errno),
			    "see 'ebpf-loader observe' for the maps that are pinned");
	if (is_plain(info->type) || map_is_outer(info->type))
		return 0;
	return fail(what,
		    text("maps of type %s have no contents to read or write as a whole",
			 map_type_name(info->type)),
		    "use an array, hash or map of maps for settings");
}

/* What can be read: per-CPU maps too, which are counters of programs and nobody's to write. */
int map_describe_readable(const char *name, int fd, struct bpf_map_info *info)
{
	if (fd >= 0 && map_info(fd, info) && is_per_cpu(info->type))
		return 0;
	return map_describe(name, fd, info);
}

void *room_for(size_t size)
{
	void *bytes = calloc(1, size ? size : 1);

	if (!bytes)
		abort();
	return bytes;
}

void records_append(struct records *all, const void *key, const void *value)
{
	size_t size = all->key_size + all->value_size;

	if (all->count == all->room) {
		all->room = all->room ? 2 * all->room : 64;
		all->bytes = realloc(all->bytes, all->room * size);
		if (!all->bytes)
			abort();
	}
	memcpy(all->bytes + all->count * size, key, all->key_size);
	memcpy(all->bytes + all->count * size + all->key_size, value, all->value_size);
	all->count++;
}

static int compare_keys(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(size_t *)size);
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* All records in key order; of an array only those that are not all zero. */
struct records records_read(int fd, const struct bpf_map_info *info)
{
	struct records all = { .key_size = info->key_size, .value_size = value_width(info) };
	unsigned char *key = NULL, *next = room_for(info->key_size);
	unsigned char *spare = room_for(info->key_size);
	unsigned char *value = room_for(all.value_size);

	/* A key that goes meanwhile starts the walk anew; the bound ends it on a busy table. */
	while (all.count < info->max_entries && !bpf_map_get_next_key(fd, key, next)) {
		if (!bpf_map_lookup_elem(fd, next, value) &&
		    !(is_array(info->type) && is_zero(value, all.value_size)))
			records_append(&all, next, value);
		key = next;
		next = spare;
		spare = key;
	}
	records_sort(&all);
	free(value);
	return all;
}

const unsigned char *records_at(const struct records *all, size_t i)
{
	return all->bytes + i * (all->key_size + all->value_size);
}

void records_sort(struct records *all)
{
	if (all->count)
		qsort_r(all->bytes, all->count, all->key_size + all->value_size, compare_keys,
			&all->key_size);
}
