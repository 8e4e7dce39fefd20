// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "file_rules.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../include/lsm_maps.h"
#include "fail.h"
#include "text.h"

/* The kernel's own numbering (MKDEV of linux/kdev_t.h), which is not that of stat(2). */
#define KERNEL_MINOR_BITS 20

bool file_rules_wanted(const struct bpf_object *object, const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_type *key = btf ? btf__type_by_id(btf, bpf_map__btf_key_type_id(map))
					 : NULL;

	return key && !strcmp(btf__name_by_offset(btf, key->name_off), "file_id");
}

static int resolve(const char *map, const char *value, const char *path, size_t value_size,
		   unsigned char *record, bool *found)
{
	unsigned char *bytes;
	struct file_id id;
	struct stat file;
	size_t size;

	if (!hex_parse(value, &bytes, &size) || size != value_size || *path != '/')
		return fail(text("Writing the map %s", map),
			    text("'%s %s' is no rule", value, path),
			    text("write lines of %zu bytes in hexadecimal and a full path",
				 value_size));
	*found = !stat(path, &file);
	if (!*found)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : fail(text("Looking up %s for the map %s", path, map),
				      errno_text(errno), "mend the path, or take the rule out");
	id.device = (__u64)major(file.st_dev) << KERNEL_MINOR_BITS | minor(file.st_dev);
	id.inode = file.st_ino;
	memcpy(record, &id, sizeof(id));
	memcpy(record + sizeof(id), bytes, value_size);
	return 0;
}

int file_rules_resolve(const char *map, const char *lines, size_t value_size,
		       unsigned char **records, size_t *size, json_t *absent)
{
	size_t step = sizeof(struct file_id) + value_size;
	char *copy = strdup(lines), *save, *line;

	*size = 0;
	/* A line holds at least a value, a space and a slash: never more records than bytes. */
	*records = calloc(strlen(lines) / (2 * value_size + 2) + 1, step);
	if (!copy || !*records)
		abort();
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *path = strchr(line, ' ');
		bool found = false;

		if (path)
			*path++ = '\0';
		if (resolve(map, line, path ? path : "", value_size, *records + *size, &found))
			return -1;
		if (found)
			*size += step;
		else if (absent)
			json_array_append_new(absent, json_string(path));
	}
	return 0;
}
