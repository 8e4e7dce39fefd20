// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "runner.h"

static bool is_percpu(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_ARRAY;
}

/* The kernel rounds the values of per-CPU maps up to 8 bytes. */
static size_t value_stride(const struct bpf_map *map)
{
	size_t size = bpf_map__value_size(map);

	return is_percpu(map) ? (size + 7) & ~7UL : size;
}

static size_t value_total(const struct bpf_map *map)
{
	return is_percpu(map) ? value_stride(map) * cpus : bpf_map__value_size(map);
}

void command_put(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char *key, *value;

	if (!map || !word[3] || !word[4]) {
		reply_error("put needs an object, a map, a key and a value");
		return;
	}
	key = room_for(bpf_map__key_size(map));
	value = room_for(value_total(map));
	if (from_hex(word[3], key, bpf_map__key_size(map)) != (int)bpf_map__key_size(map) ||
	    from_hex(word[4], value, value_total(map)) != (int)value_total(map))
		reply_error("key or value of %s has the wrong size", word[2]);
	else if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY))
		reply_error("writing %s: %s", word[2], strerror(errno));
	else
		puts("{}");
	free(key);
	free(value);
}

static const char *put_inner(struct bpf_map *outer, const struct shape *shape,
			     const unsigned char *key, const unsigned char *records, __u32 count)
{
	int fd = bpf_map_create(shape->type, "inner", shape->key_size, shape->value_size,
				shape->max_entries, NULL);
	const char *error = NULL;

	if (fd < 0)
		return strerror(errno);
	for (__u32 i = 0; i < count && !error; i++) {
		if (bpf_map_update_elem(fd, records, records + shape->key_size, BPF_ANY))
			error = strerror(errno);
		records += shape->key_size + shape->value_size;
	}
	if (!error && bpf_map_update_elem(bpf_map__fd(outer), key, &fd, BPF_ANY))
		error = strerror(errno);
	close(fd);
	return error;
}

static const char *put_records(struct bpf_map *map, const struct shape *shape,
			       const unsigned char *bytes, size_t size)
{
	bool outer = bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS;
	size_t key_size = bpf_map__key_size(map);
	const char *error = NULL;

	for (size_t at = 0; at < size && !error;) {
		size_t head = key_size, body = bpf_map__value_size(map);
		__u32 count = 0;

		if (outer) {
			if (size - at < key_size + sizeof(count))
				return "the file ends inside a record";
			memcpy(&count, bytes + at + key_size, sizeof(count));
			head += sizeof(count);
			body = (shape->key_size + shape->value_size) * count;
		}
		if (size - at < head + body)
			return "the file ends inside a record";
		if (outer)
			error = put_inner(map, shape, bytes + at, bytes + at + head, count);
		else if (bpf_map_update_elem(bpf_map__fd(map), bytes + at, bytes + at + head,
					     BPF_ANY))
			error = strerror(errno);
		at += head + body;
	}
	return error;
}

void command_file(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	FILE *file = word[3] ? fopen(word[3], "rb") : NULL;
	unsigned char *bytes;
	const char *error;
	long size;

	if (!map || !file) {
		reply_error("file needs an object, a map and a readable file");
		return;
	}
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	bytes = room_for(size);
	if (fread(bytes, 1, size, file) != (size_t)size)
		error = "the file cannot be read whole";
	else
		error = put_records(map, &find_object(word[1])->inner, bytes, size);
	fclose(file);
	free(bytes);
	if (error)
		reply_error("writing %s: %s", word[2], error);
	else
		puts("{}");
}

void command_delete(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char key[64];

	if (!map || !word[3] || from_hex(word[3], key, sizeof(key)) < 0)
		reply_error("delete needs an object, a map and a key");
	else if (bpf_map_delete_elem(bpf_map__fd(map), key))
		reply_error("deleting from %s: %s", word[2], strerror(errno));
	else
		puts("{}");
}

void command_get(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char key[64], *value;

	if (!map || !word[3] || from_hex(word[3], key, sizeof(key)) < 0) {
		reply_error("get needs an object, a map and a key");
		return;
	}
	value = room_for(value_total(map));
	fputs("{\"values\":[", stdout);
	if (!bpf_map_lookup_elem(bpf_map__fd(map), key, value)) {
		for (int i = 0; i < (is_percpu(map) ? cpus : 1); i++) {
			fputs(i ? ",\"" : "\"", stdout);
			print_hex(value + i * value_stride(map), bpf_map__value_size(map));
			putchar('"');
		}
	}
	puts("]}");
	free(value);
}

void command_dump(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char *key, *value;
	bool first = true;
	void *last = NULL;

	if (!map) {
		reply_error("dump needs an object and a map");
		return;
	}
	key = room_for(bpf_map__key_size(map));
	value = room_for(value_total(map));
	fputs("{\"entries\":[", stdout);
	while (!bpf_map_get_next_key(bpf_map__fd(map), last, key)) {
		last = key;
		if (bpf_map_lookup_elem(bpf_map__fd(map), key, value))
			continue;
		fputs(first ? "[\"" : ",[\"", stdout);
		first = false;
		print_hex(key, bpf_map__key_size(map));
		fputs("\",\"", stdout);
		print_hex(value, value_total(map));
		fputs("\"]", stdout);
	}
	puts("]}");
	free(key);
	free(value);
}

static int print_event(void *first, void *event, size_t size)
{
	fputs(*(bool *)first ? "\"" : ",\"", stdout);
	*(bool *)first = false;
	print_hex(event, size);
	putchar('"');
	return 0;
}

void command_events(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	bool first = true;
	struct ring_buffer *ring =
		map ? ring_buffer__new(bpf_map__fd(map), print_event, &first, NULL) : NULL;

	if (!ring) {
		reply_error("events needs an object and a ring buffer");
		return;
	}
	fputs("{\"events\":[", stdout);
	ring_buffer__consume(ring);
	puts("]}");
	ring_buffer__free(ring);
}

void command_clear(char **word)
{
	struct bpf_map *map = find_map(word[1], word[2]);
	unsigned char *key, *zero;

	if (!map) {
		reply_error("clear needs an object and a map");
		return;
	}
	key = room_for(bpf_map__key_size(map));
	zero = room_for(value_total(map));
	if (is_array(map)) {
		for (__u32 i = 0; i < bpf_map__max_entries(map); i++)
			bpf_map_update_elem(bpf_map__fd(map), &i, zero, BPF_ANY);
	} else {
		while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
			bpf_map_delete_elem(bpf_map__fd(map), key);
	}
	puts("{}");
	free(key);
	free(zero);
}
