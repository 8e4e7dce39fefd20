// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "constants.h"

#include <bpf/btf.h>
#include <string.h>

#include "fail.h"
#include "text.h"

static const struct btf_type *plain(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static int store(void *at, __u32 size, bool is_signed, json_int_t value, const char *name)
{
	json_int_t least = is_signed ? -(1LL << (size * 8 - 2)) * 2 : 0;
	json_int_t most = size == 8   ? INT64_MAX
			  : is_signed ? ((1LL << (size * 8 - 2)) - 1) * 2 + 1
				      : (1LL << (size * 8)) - 1;

	if (value < least || value > most)
		return fail(text("Setting the constant %s to %lld", name, (long long)value),
			    text("it holds %lld to %lld", (long long)least, (long long)most),
			    "correct constants in the config");
	memcpy(at, &value, size); /* little endian: the low bytes come first */
	return 0;
}

int constant_set(struct bpf_object *object, const char *name, json_int_t value)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const char *known = "";
	size_t size = 0;
	char *bytes = map ? (char *)bpf_map__initial_value(map, &size) : NULL;
	__s32 id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	const struct btf_type *section = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; bytes && section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *place = btf_var_secinfos(section) + i;
		const struct btf_type *var = btf__type_by_id(btf, place->type);
		const struct btf_type *type = plain(btf, var->type);
		const char *var_name = btf__name_by_offset(btf, var->name_off);

		if (!type || !(btf_is_int(type) || btf_is_any_enum(type)) ||
		    place->offset + place->size > size || place->size > 8)
			continue;
		if (!strcmp(var_name, name))
			return store(bytes + place->offset, place->size,
				     btf_is_int(type) && btf_int_encoding(type) & BTF_INT_SIGNED,
				     value, name);
		known = text("%s%s%s", known, *known ? ", " : "", var_name);
	}
	return fail(text("Setting the constant %s", name),
		    *known ? text("the object has only %s", known) : "the object has no constants",
		    "declare it 'const volatile' in the source and use it, or take it out of the "
		    "config");
}

int constants_set(struct bpf_object *object, json_t *constants)
{
	const char *name;
	json_t *value;

	json_object_foreach(constants, name, value)
	{
		if (json_is_boolean(value))
			value = json_integer(json_is_true(value));
		if (!json_is_integer(value))
			return fail(text("Setting the constant %s", name),
				    "its value is no integer", "correct constants in the config");
		if (constant_set(object, name, json_integer_value(value)))
			return -1;
	}
	return 0;
}
