// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confirm.h"
#include "fail.h"
#include "file_rules.h"
#include "kernel.h"
#include "map_confirm.h"
#include "manifest.h"
#include "mapio.h"
#include "object.h"
#include "paths.h"
#include "records.h"
#include "shape.h"
#include "text.h"
#include "version.h"

#include "../include/lsm_maps.h"

/* Where contents are kept for the boot unit: bpffs is empty after a reboot. */
const char *map_saved_path(const char *program, const char *map)
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
 * The definition of a map in a version's object, for its inner map and its key's type:
 * libbpf forgets the inner map of an object that it has loaded, so the object is opened
 * once more.
 */
static void define(const struct manifest *m, struct filling *filling, bool *by_file)
{
	struct bpf_object *object;
	const struct bpf_map *map;

	if (object_open(m, &object)) {
		fail_reset();
		return;
	}
	map = bpf_object__find_map_by_name(object, filling->name);
	if (!map)
		return;
	filling->inner = bpf_map__inner_map((struct bpf_map *)map);
	*by_file = file_rules_wanted(object, map);
}

static void define_current(const char *program, struct filling *filling, bool *by_file)
{
	const char *version = version_current(program);
	struct manifest m;

	if (version && !manifest_read(version_dir(program, version), &m))
		define(&m, filling, by_file);
	else
		fail_reset();
}

/* The bytes of a file as records of its map. */
static int set_bytes(struct filling *filling, char *bytes, bool by_file, json_t *absent)
{
	struct bpf_map_info info;

	filling->bytes = (unsigned char *)bytes;
	if (!by_file)
		return 0;
	if (map_describe(filling->name, filling->fd, &info))
		return -1;
	return file_rules_resolve(filling->name, bytes, info.value_size,
				  (unsigned char **)&filling->bytes, &filling->size, absent);
}

/* An enforcing version that nobody ever confirmed comes back reporting only. */
static void distrust(const struct manifest *m, struct filling *filling)
{
	struct lsm_settings *settings;
	bool lsm = false;

	for (int i = 0; i < m->target_count; i++)
		lsm |= m->targets[i].hook == HOOK_LSM;
	if (!lsm || strcmp(filling->name, "settings") || !confirm_never_came(m->name, m->version) ||
	    filling->size != sizeof(__u32) + sizeof(*settings))
		return;
	settings = (struct lsm_settings *)(filling->bytes + sizeof(__u32));
	if (settings->mode == LSM_ENFORCE)
		settings->mode = LSM_AUDIT;
}

int map_restore(const struct manifest *m, const struct bpf_map *map)
{
	struct filling filling = { .name = bpf_map__name(map), .fd = bpf_map__fd(map) };
	char *bytes = read_file(map_saved_path(m->name, filling.name), &filling.size);
	bool by_file = false;

	if (!bytes)
		return 0;
	define(m, &filling, &by_file);
	if (set_bytes(&filling, bytes, by_file, NULL))
		return -1;
	distrust(m, &filling);
	return map_write(&filling);
}

static int open_filling(const char *program, const char *map, const char *file,
			struct filling *filling, json_t *absent)
{
	bool by_file = false;
	char *bytes;

	if (check_name(program, map))
		return -1;
	bytes = read_file(file, &filling->size);
	if (!bytes)
		return fail(text("Reading %s", file), errno_text(errno),
			    "send the file to the node again");
	filling->name = map;
	define_current(program, filling, &by_file);
	filling->fd = bpf_obj_get(text(PIN_DIR "/%s/maps/%s", program, map));
	if (filling->fd < 0)
		return fail(text("Opening the map %s of %s", map, program), errno_text(errno),
			    "apply the program first; 'ebpf-loader observe' lists its maps");
	return set_bytes(filling, bytes, by_file, absent);
}

int map_put_files(const char *program, int count, char **maps_and_files, json_t *absent,
		  json_t *digests)
{
	struct filling *all = calloc(count, sizeof(*all));

	if (!all)
		abort();
	for (int i = 0; i < count; i++)
		if (open_filling(program, maps_and_files[2 * i], maps_and_files[2 * i + 1], &all[i],
				 absent))
			return -1;
	/* What refers to others comes later, so that nothing points at what is not there. */
	for (int i = 0; i < count; i++)
		if (map_write(&all[i]))
			return -1;
	for (int i = count - 1; i >= 0; i--)
		if (map_prune(&all[i]))
			return -1;
	for (int i = 0; i < count; i++) {
		const char *digest = map_digest(all[i].name, all[i].fd);

		if (!digest)
			return -1;
		json_object_set_new(digests, all[i].name, json_string(digest));
	}
	return 0;
}

int verb_map_put(const char *program, int seconds, int count, char **maps_and_files,
		 json_t **answer)
{
	json_t *digests = json_object(), *absent = json_array();

	if (lock_node(LOCK_WRITER) || require_bpffs())
		return -1;
	if (map_put_files(program, count, maps_and_files, absent, digests) ||
	    (seconds ? map_confirm_watch(program, seconds, count, maps_and_files)
		     : map_confirm_keep(program, count, maps_and_files)))
		return -1;
	*answer = json_pack("{s:s, s:o, s:o, s:b}", "name", program, "digests", digests, "absent",
			    absent, "unconfirmed", seconds > 0);
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
