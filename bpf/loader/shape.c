// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "shape.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "text.h"

const char *map_type_name(__u32 type)
{
	const char *name = libbpf_bpf_map_type_str(type);

	return name ? name : text("type %u", type);
}

static void print_type(void *context, const char *format, va_list args)
{
	FILE *out = context;

	vfprintf(out, format, args);
}

/* C text of a type and all it is made of; "" when it has none. */
static const char *type_text(const struct btf *btf, __u32 id)
{
	char *buffer = NULL;
	size_t size;
	FILE *out;
	struct btf_dump *dump;

	if (!btf || !id)
		return "";
	out = open_memstream(&buffer, &size);
	dump = btf_dump__new(btf, print_type, out, NULL);
	if (!out || !dump)
		abort();
	btf_dump__dump_type(dump, id);
	/* A plain integer prints nothing as a type of its own: its name and size say it. */
	const struct btf_type *type = btf__type_by_id(btf, id);

	if (type)
		fprintf(out, "%s:%lld", btf__name_by_offset(btf, type->name_off),
			(long long)btf__resolve_size(btf, id));
	fclose(out);
	btf_dump__free(dump);
	return buffer;
}

static const char *compare_number(const char *so_far, const char *field, __u64 pinned, __u64 wanted)
{
	if (pinned == wanted)
		return so_far;
	return text("%s%s%s: pinned %llu, object %llu", so_far, *so_far ? "; " : "", field,
		    (unsigned long long)pinned, (unsigned long long)wanted);
}

/* What the kernel reports for max_entries when an object asks for `wanted`. */
static __u32 kernel_entries(const struct bpf_map *map)
{
	__u32 wanted = bpf_map__max_entries(map);
	__u32 cpus = libbpf_num_possible_cpus();

	if (!wanted && bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return cpus;
	/* htab_map_alloc() rounds up to a multiple of the CPUs for per-CPU LRU lists. */
	if (bpf_map__map_flags(map) & BPF_F_NO_COMMON_LRU) {
		__u32 rounded = (wanted + cpus - 1) / cpus * cpus;

		return rounded < wanted ? rounded - cpus : rounded;
	}
	return wanted;
}

static const char *compare_value_type(const char *so_far, const struct bpf_object *object,
				      const struct bpf_map *wanted, const struct bpf_map_info *info)
{
	const char *new_type, *old_type;
	struct btf *kernel;

	if (!info->btf_id || !info->btf_value_type_id || !bpf_map__btf_value_type_id(wanted))
		return so_far;
	kernel = btf__load_from_kernel_by_id(info->btf_id);
	if (!kernel)
		return so_far;
	old_type = type_text(kernel, info->btf_value_type_id);
	new_type = type_text(bpf_object__btf(object), bpf_map__btf_value_type_id(wanted));
	if (!strcmp(old_type, new_type))
		return so_far;
	return text("%s%svalue type: pinned { %s }, object { %s }", so_far, *so_far ? "; " : "",
		    old_type, new_type);
}

const char *shape_difference(const struct bpf_object *object, const struct bpf_map *wanted,
			     int pinned_fd)
{
	/* Flags that the kernel adds by itself to device maps. */
	const __u32 kernel_flags = BPF_F_RDONLY_PROG;
	struct bpf_map_info info;
	const char *diff = "";

	if (!map_info(pinned_fd, &info))
		return "the pinned map cannot be read";
	if (info.type != bpf_map__type(wanted))
		diff = text("type: pinned %s, object %s", map_type_name(info.type),
			    map_type_name(bpf_map__type(wanted)));
	diff = compare_number(diff, "key size", info.key_size, bpf_map__key_size(wanted));
	diff = compare_number(diff, "value size", info.value_size, bpf_map__value_size(wanted));
	diff = compare_number(diff, "max_entries", info.max_entries, kernel_entries(wanted));
	diff = compare_number(diff, "flags", info.map_flags & ~kernel_flags,
			      bpf_map__map_flags(wanted) & ~kernel_flags);
	diff = compare_value_type(diff, object, wanted, &info);
	return *diff ? diff : NULL;
}

bool shape_can_copy(const struct bpf_object *object, const struct bpf_map *wanted, int pinned_fd)
{
	struct bpf_map_info info;

	return map_info(pinned_fd, &info) && info.type == bpf_map__type(wanted) &&
	       info.key_size == bpf_map__key_size(wanted) &&
	       info.value_size == bpf_map__value_size(wanted) &&
	       !*compare_value_type("", object, wanted, &info);
}

json_t *shape_of(int fd)
{
	struct bpf_map_info info;

	if (!map_info(fd, &info))
		return json_null();
	return json_pack("{s:I, s:s, s:I, s:I, s:I, s:I}", "id", (json_int_t)info.id, "type",
			 map_type_name(info.type), "keySize", (json_int_t)info.key_size,
			 "valueSize", (json_int_t)info.value_size, "maxEntries",
			 (json_int_t)info.max_entries, "flags", (json_int_t)info.map_flags);
}
