// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runner.h"

struct loaded objects[MAX_OBJECTS];
int object_count;
int cpus;

static struct bpf_map *find_rodata(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) if (strstr(bpf_map__name(map), ".rodata")) return map;
	die("%s has no constants", bpf_object__name(object));
}

static void set_constant(struct bpf_object *object, const char *name, __u64 value)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = btf__type_by_id(btf, id);
	struct btf_var_secinfo *var = section ? btf_var_secinfos(section) : NULL;
	size_t size;
	char *image = (char *)bpf_map__initial_value(find_rodata(object), &size);

	for (int i = 0; section && i < btf_vlen(section); i++, var++) {
		const struct btf_type *type = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, type->name_off), name))
			continue;
		memcpy(image + var->offset, &value, var->size);
		return;
	}
	die("no constant %s in %s", name, bpf_object__name(object));
}

static void set_sizes(struct bpf_object *object, char **sizes, int count)
{
	for (int i = 0; i < count; i++) {
		char *equals = strchr(sizes[i], '=');
		struct bpf_map *map;

		if (!equals)
			die("-m needs MAP=MAX_ENTRIES, not %s", sizes[i]);
		*equals = 0;
		map = bpf_object__find_map_by_name(object, sizes[i]);
		if (map && bpf_map__set_max_entries(map, strtoul(equals + 1, NULL, 10)))
			die("cannot resize %s", sizes[i]);
		*equals = '=';
	}
}

static void share_chain(struct bpf_object *object)
{
	struct bpf_map *chain = bpf_object__find_map_by_name(object, CHAIN), *first;

	for (int i = 0; chain && i < object_count; i++) {
		first = bpf_object__find_map_by_name(objects[i].object, CHAIN);
		if (first && bpf_map__reuse_fd(chain, bpf_map__fd(first)))
			die("cannot share the chain: %s", strerror(errno));
		if (first)
			return;
	}
}

static void remember_inner(struct loaded *target)
{
	struct bpf_map *map, *inner;

	bpf_object__for_each_map(map, target->object)
	{
		inner = bpf_map__inner_map(map);
		if (!inner)
			continue;
		target->inner = (struct shape){ bpf_map__type(inner), bpf_map__key_size(inner),
						bpf_map__value_size(inner),
						bpf_map__max_entries(inner) };
	}
}

void load(char *spec, char **sizes, int size_count)
{
	char *save, *path = strtok_r(spec, ",", &save), *constant;
	struct loaded *target = &objects[object_count];

	if (object_count == MAX_OBJECTS)
		die("more than %d objects", MAX_OBJECTS);
	target->object = bpf_object__open_file(path, NULL);
	if (!target->object)
		die("cannot open %s: %s", path, strerror(errno));
	while ((constant = strtok_r(NULL, ",", &save))) {
		char *equals = strchr(constant, '=');

		if (!equals)
			die("a constant is NAME=VALUE, not %s", constant);
		*equals = 0;
		set_constant(target->object, constant, strtoull(equals + 1, NULL, 0));
	}
	set_sizes(target->object, sizes, size_count);
	share_chain(target->object);
	remember_inner(target);
	if (bpf_object__load(target->object))
		die("the kernel refuses %s", path);
	target->program = bpf_object__next_program(target->object, NULL);
	target->fd = bpf_program__fd(target->program);
	object_count++;
}

struct loaded *find_object(const char *text)
{
	int index = text ? atoi(text) : -1;

	return index >= 0 && index < object_count ? &objects[index] : NULL;
}

struct bpf_map *find_map(const char *object, const char *name)
{
	struct loaded *loaded = find_object(object);

	return loaded && name ? bpf_object__find_map_by_name(loaded->object, name) : NULL;
}
