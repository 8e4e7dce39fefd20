// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "mapio.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "kernel.h"
#include "manifest.h"
#include "records.h"
#include "text.h"

static int wrong_file(const struct filling *f, const char *cause)
{
	return fail(text("Writing the map %s", f->name), cause,
		    "the file must hold whole records of the map's key and value sizes");
}

static int put_one(const struct filling *f, const void *key, const void *value)
{
	if (!bpf_map_update_elem(f->fd, key, value, BPF_ANY))
		return 0;
	return fail(text("Writing the map %s", f->name), errno_text(errno),
		    errno == E2BIG ? "the map is too small: raise its max_entries"
				   : "check the file against the map's shape");
}

/* A new inner map, filled, takes the outer slot in one update. */
static int put_inner(const struct filling *f, const void *outer_key, const unsigned char *records,
		     size_t count)
{
	size_t key_size = bpf_map__key_size(f->inner);
	size_t value_size = bpf_map__value_size(f->inner);
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = bpf_map__map_flags(f->inner));
	int fd = bpf_map_create(bpf_map__type(f->inner), bpf_map__name(f->inner), key_size,
				value_size, bpf_map__max_entries(f->inner), &options);
	struct filling inner = { .name = f->name, .fd = fd };
	int result = 0;

	if (fd < 0)
		return fail(text("Making an inner map of %s", f->name), errno_text(errno),
			    "check the node's free memory and run it again");
	for (size_t i = 0; i < count && !result; i++) {
		const unsigned char *record = records + i * (key_size + value_size);

		result = put_one(&inner, record, record + key_size);
	}
	if (!result)
		result = put_one(f, outer_key, &fd);
	close(fd);
	return result;
}

/*
 * Walks the records of a file; of a map of maps the outer keys. Calls put for
 * each when writing, appends each key to keys when pruning.
 */
static int walk_file(const struct filling *f, const struct bpf_map_info *info, bool write,
		     struct records *keys)
{
	size_t inner_size = 0, at = 0;

	if (map_is_outer(info->type)) {
		if (!f->inner)
			return wrong_file(f, "the object does not define its inner map");
		inner_size = bpf_map__key_size(f->inner) + bpf_map__value_size(f->inner);
	}
	while (at < f->size) {
		const unsigned char *key = f->bytes + at;
		__u32 count = 1;
		size_t body = info->value_size, head = info->key_size;

		if (inner_size && f->size - at >= head + sizeof(count)) {
			memcpy(&count, key + head, sizeof(count));
			head += sizeof(count);
			body = count * inner_size;
		}
		if (f->size - at < head || f->size - at - head < body)
			return wrong_file(f, text("the file ends inside a record (byte %zu of %zu)",
						  at, f->size));
		if (keys)
			records_append(keys, key, "");
		if (write && (inner_size ? put_inner(f, key, key + head, count)
					 : put_one(f, key, key + head)))
			return -1;
		at += head + body;
	}
	return 0;
}

int map_write(const struct filling *f)
{
	struct bpf_map_info info;

	/* The whole file is checked before the first record is written. */
	return map_describe(f->name, f->fd, &info) || walk_file(f, &info, false, NULL) ||
			       walk_file(f, &info, true, NULL)
		       ? -1
		       : 0;
}

int map_prune(const struct filling *f)
{
	struct bpf_map_info info;
	struct records keys = {}, present;
	unsigned char *zero;

	if (map_describe(f->name, f->fd, &info))
		return -1;
	keys.key_size = info.key_size;
	if (walk_file(f, &info, false, &keys))
		return -1;
	records_sort(&keys);
	present = records_read(f->fd, &info);
	zero = room_for(info.value_size);
	for (size_t i = 0; i < present.count; i++) {
		const unsigned char *key = records_at(&present, i);
		size_t low = 0, high = keys.count;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (memcmp(records_at(&keys, middle), key, info.key_size) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < keys.count && !memcmp(records_at(&keys, low), key, info.key_size))
			continue;
		if (info.type == BPF_MAP_TYPE_ARRAY
			    ? put_one(f, key, zero)
			    : (bpf_map_delete_elem(f->fd, key) && errno != ENOENT))
			return fail(text("Pruning the map %s", f->name), errno_text(errno),
				    "run it again");
	}
	return 0;
}

static struct records read_inner(const void *id_bytes)
{
	struct bpf_map_info info;
	struct records none = {};
	__u32 id;
	int fd;

	memcpy(&id, id_bytes, sizeof(id));
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0 || !map_info(fd, &info))
		return none;
	none = records_read(fd, &info);
	close(fd);
	return none;
}

const char *map_digest(const char *name, int fd)
{
	struct bpf_map_info info;
	struct records all;
	const char *digests = "";

	if (map_describe_readable(name, fd, &info))
		return NULL;
	all = records_read(fd, &info);
	if (!map_is_outer(info.type))
		return bytes_sha256(all.bytes ? all.bytes : (void *)"",
				    all.count * (all.key_size + all.value_size));
	for (size_t i = 0; i < all.count; i++) {
		const unsigned char *record = records_at(&all, i);
		struct records inner = read_inner(record + all.key_size);

		digests = text("%s%s:%s\n", digests, hex_text(record, all.key_size),
			       bytes_sha256(inner.bytes ? inner.bytes : (void *)"",
					    inner.count * (inner.key_size + inner.value_size)));
		free(inner.bytes);
	}
	return bytes_sha256(digests, strlen(digests));
}

static json_t *records_json(const struct records *all)
{
	json_t *entries = json_array();

	for (size_t i = 0; i < all->count; i++) {
		const unsigned char *record = records_at(all, i);

		json_array_append_new(entries,
				      json_pack("{s:s, s:s}", "key",
						hex_text(record, all->key_size), "value",
						hex_text(record + all->key_size, all->value_size)));
	}
	return entries;
}

json_t *map_dump(const char *name, int fd)
{
	struct bpf_map_info info;
	struct records all;
	json_t *entries;

	if (map_describe_readable(name, fd, &info))
		return NULL;
	all = records_read(fd, &info);
	entries = records_json(&all);
	for (size_t i = 0; map_is_outer(info.type) && i < all.count; i++) {
		struct records inner = read_inner(records_at(&all, i) + all.key_size);

		json_object_set_new(json_array_get(entries, i), "entries", records_json(&inner));
	}
	return entries;
}

int map_copy(const char *name, int from, int to)
{
	struct bpf_map_info info;
	struct filling target = { .name = name, .fd = to };
	struct records all;

	if (map_describe(name, from, &info))
		return -1;
	if (map_is_outer(info.type))
		return fail(text("Migrating the map %s", name), "it is a map of maps",
			    "use the policy recreate");
	all = records_read(from, &info);
	for (size_t i = 0; i < all.count; i++) {
		const unsigned char *record = records_at(&all, i);

		if (put_one(&target, record, record + all.key_size))
			return -1;
	}
	free(all.bytes);
	return 0;
}
