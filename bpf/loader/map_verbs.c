// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "kernel.h"
#include "manifest.h"
#include "mapio.h"
#include "object.h"
#include "paths.h"
#include "shape.h"
#include "text.h"
#include "version.h"

/* Where contents are kept for the boot unit: bpffs is empty after a reboot. */
static const char *saved_path(const char *program, const char *map)
{
	return text(STATE_DIR "/%s/maps/%s.bin", program, map);
}

static int check_name(const char *program, const char *map)
{
	if (valid_name(program) && *map && !strchr(map, '/') && !strchr(map, '.'))
		return 0;
	return fail(text("Opening the map %s of %s", map, program),
		    "that is no name of a program and a map",
		    "see 'ebpf-loader observe' for the names");
}

/*
 * The definition of a map in a version's object, for its inner map: libbpf forgets the
 * inner map of an object that it has loaded, so the object is opened once more.
 */
static const struct bpf_map *definition(const struct manifest *m, const char *map)
{
	struct bpf_object *object;

	if (object_open(m, &object)) {
		fail_reset();
		return NULL;
	}
	return bpf_object__find_map_by_name(object, map);
}

static const struct bpf_map *current_definition(const char *program, const char *map)
{
	const char *version = version_current(program);
	struct manifest m;

	if (version && !manifest_read(version_dir(program, version), &m))
		return definition(&m, map);
	fail_reset();
	return NULL;
}

static const struct bpf_map *inner_of(const struct bpf_map *defined)
{
	return defined ? bpf_map__inner_map((struct bpf_map *)defined) : NULL;
}

int map_restore(const struct manifest *m, const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	struct filling filling = { .name = name, .fd = bpf_map__fd(map) };
	char *bytes = read_file(saved_path(m->name, name), &filling.size);

	if (!bytes)
		return 0;
	filling.inner = inner_of(definition(m, name));
	filling.bytes = (unsigned char *)bytes;
	return map_write(&filling);
}

static int open_filling(const char *program, const char *map, const char *file,
			struct filling *filling)
{
	char *bytes;

	if (check_name(program, map))
		return -1;
	bytes = read_file(file, &filling->size);
	if (!bytes)
		return fail(text("Reading %s", file), errno_text(errno),
			    "send the file to the node again");
	filling->name = map;
	filling->bytes = (unsigned char *)bytes;
	filling->inner = inner_of(current_definition(program, map));
	filling->fd = bpf_obj_get(text(PIN_DIR "/%s/maps/%s", program, map));
	if (filling->fd >= 0)
		return 0;
	return fail(text("Opening the map %s of %s", map, program), errno_text(errno),
		    "apply the program first; 'ebpf-loader observe' lists its maps");
}

int verb_map_put(const char *program, int count, char **maps_and_files, json_t **answer)
{
	struct filling *all = calloc(count, sizeof(*all));
	json_t *digests = json_object();

	if (!all)
		abort();
	if (lock_node(LOCK_WRITER) || require_bpffs())
		return -1;
	for (int i = 0; i < count; i++)
		if (open_filling(program, maps_and_files[2 * i], maps_and_files[2 * i + 1],
				 &all[i]))
			return -1;
	/* What refers to others comes later, so that nothing points at what is not there. */
	for (int i = 0; i < count; i++)
		if (map_write(&all[i]))
			return -1;
	for (int i = count - 1; i >= 0; i--)
		if (map_prune(&all[i]))
			return -1;
	if (make_dirs(text(STATE_DIR "/%s/maps", program)))
		return -1;
	for (int i = 0; i < count; i++) {
		const char *digest = map_digest(all[i].name, all[i].fd);

		if (!digest ||
		    write_file(saved_path(program, all[i].name), all[i].bytes, all[i].size))
			return -1;
		json_object_set_new(digests, all[i].name, json_string(digest));
	}
	*answer = json_pack("{s:s, s:o}", "name", program, "digests", digests);
	return 0;
}

int verb_map_dump(const char *program, const char *map, bool digest_only, json_t **answer)
{
	const char *digest;
	json_t *entries;
	int fd;

	if (check_name(program, map) || lock_node(LOCK_READERS) || require_bpffs())
		return -1;
	fd = bpf_obj_get(text(PIN_DIR "/%s/maps/%s", program, map));
	digest = map_digest(text("%s of %s", map, program), fd);
	if (!digest)
		return -1;
	*answer = json_pack("{s:s, s:s, s:s, s:o}", "name", program, "map", map, "digest", digest,
			    "shape", shape_of(fd));
	if (digest_only)
		return 0;
	entries = map_dump(map, fd);
	if (!entries)
		return -1;
	json_object_set_new(*answer, "entries", entries);
	return 0;
}
