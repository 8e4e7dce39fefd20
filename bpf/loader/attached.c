// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "attached.h"

#include <bpf/bpf.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "kernel.h"
#include "links.h"
#include "object.h"
#include "paths.h"
#include "record.h"
#include "root.h"
#include "shape.h"
#include "text.h"
#include "version.h"

/* What drift is called; the same words as in components/bpf/provider/observation.ts. */
static void problem(json_t *problems, const char *kind, const char *detail)
{
	json_array_append_new(problems, json_pack("{s:s, s:s}", "kind", kind, "detail", detail));
}

static json_int_t number(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool uses_map(json_t *program, __u32 map)
{
	json_t *ids = json_object_get(program, "mapIds"), *id;
	size_t i;

	json_array_foreach(ids, i, id) if (json_integer_value(id) == map) return true;
	return false;
}

/* Compares the program found on a target with the pinned and recorded one. */
static bool check_program(const struct manifest *m, const struct target *target, json_t *record,
			  __u32 found, const char *place, json_t *problems)
{
	const char *pin = text("%s/prog_%s", version_pins(m->name, m->version), target->function);
	__u32 pinned = pinned_program_id(pin);
	const char *owner;

	if (!pinned)
		problem(problems, "unpinned", text("%s is not pinned", pin));
	if (!found) {
		problem(problems, "missing", text("%s is empty", place));
		return false;
	}
	if (found == pinned && found == record_program(record, target->key))
		return pinned;
	owner = record_owner(found);
	if (!owner || strcmp(owner, m->name))
		problem(problems, "foreign",
			text("%s holds the program '%s' (id %u)%s%s", place, program_name(found),
			     found, owner ? " of " : ", which is not ours", owner ? owner : ""));
	else if (pinned && found != pinned)
		problem(problems, "stale",
			text("%s holds another version or load of %s (id %u)", place,
			     target->function, found));
	else if (pinned)
		problem(problems, "unrecorded",
			text("%s is attached, but the record of its apply is gone",
			     target->function));
	return false;
}

static void observe_xdp(const struct manifest *m, const struct target *target, json_t *record,
			json_t *facts, json_t *problems)
{
	json_t *root = root_observe(target->interface), *program;
	const char *place = text("slot %d of %s", target->slot, target->interface);
	json_int_t attached = number(root, "attachedProgramId");
	const char *mode = json_string_value(json_object_get(root, "mode"));
	__u32 found =
		json_integer_value(json_array_get(json_object_get(root, "slots"), target->slot));
	bool live = attached && attached == number(root, "rootProgramId") &&
		    number(root, "linkIfindex") == number(root, "ifindex");
	bool ours = check_program(m, target, record, found, place, problems);

	if (!number(root, "ifindex"))
		problem(problems, "no-interface",
			text("this node has no interface %s, only %s", target->interface,
			     interface_names()));
	else if (!live && attached && attached == number(root, "pinnedRootId"))
		/* The kernel detaches it from a work queue, a moment after its pin went. */
		problem(problems, "missing",
			text("the XDP root of %s has lost its pinned link", target->interface));
	else if (!live && attached)
		problem(problems, "foreign",
			text("the XDP hook of %s holds the program '%s' (id %lld), which is not "
			     "our root",
			     target->interface, program_name(attached), (long long)attached));
	else if (!live)
		problem(problems, "missing",
			text("the XDP root of %s is not attached", target->interface));
	if (live && mode && target->mode != MODE_AUTO && strcmp(mode, mode_name(target->mode)))
		problem(problems, "wrong-mode",
			text("%s runs XDP in %s mode, not %s", target->interface, mode,
			     mode_name(target->mode)));
	if (live && !json_is_true(json_object_get(root, "rootCurrent")))
		problem(problems, "stale-root",
			text("the XDP root of %s is that of another loader", target->interface));
	program = found ? program_facts(found) : NULL;
	if (ours && !uses_map(program, pinned_map_id(text(PIN_DIR "/" ROOT_PREFIX "%s/chain",
							  pin_name(target->interface))))) {
		problem(problems, "stale",
			text("%s was loaded over an older chain of %s", target->function,
			     target->interface));
		ours = false;
	}
	json_object_update(facts, root);
	json_object_set_new(facts, "inChain", json_boolean(found != 0));
	json_object_set_new(facts, "attached", json_boolean(live && found));
	json_object_set_new(facts, "ours", json_boolean(ours));
	json_object_set_new(facts, "program", program ? program : json_null());
}

/*
 * A pinned link outlives its place: the kernel lets go of a deleted interface or
 * cgroup and keeps link and program. The id of a cgroup is its inode.
 */
static bool link_in_place(const struct target *target, const struct bpf_link_info *info)
{
	struct stat cgroup;

	switch (target->hook) {
	case HOOK_TC:
		/* The first field of every link of a device; older headers have no tcx. */
		return info->xdp.ifindex && info->xdp.ifindex == if_nametoindex(target->interface);
	case HOOK_CGROUP:
	case HOOK_SOCK_OPS:
		return !stat(target->where, &cgroup) && info->cgroup.cgroup_id == cgroup.st_ino;
	default:
		return true;
	}
}

static void observe_link(const struct manifest *m, const struct target *target, json_t *record,
			 json_t *facts, json_t *problems)
{
	const char *pin = link_path(m->name, target);
	int fd = bpf_obj_get(pin);
	struct bpf_link_info info = {};
	json_t *program;
	bool ours;

	if (fd < 0)
		problem(problems, "missing", text("%s is not pinned", pin));
	else if (!link_info(fd, &info) || !link_in_place(target, &info))
		problem(problems,
			target->interface && !if_nametoindex(target->interface) ? "no-interface"
										: "missing",
			text("%s is no longer attached to %s", target->function,
			     target->interface ? target->interface : target->where));
	ours = check_program(m, target, record, info.prog_id, pin, problems);
	program = info.prog_id ? program_facts(info.prog_id) : NULL;
	json_object_set_new(facts, "linkId", json_integer(info.id));
	json_object_set_new(facts, "attached", json_boolean(info.prog_id != 0));
	json_object_set_new(facts, "ours", json_boolean(ours));
	json_object_set_new(facts, "program", program ? program : json_null());
	if (fd >= 0)
		close(fd);
}

static json_t *observe_target(const struct manifest *m, const struct target *target, json_t *record,
			      json_t *problems)
{
	json_t *facts = json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "function", target->function,
				  "hook", hook_name(target->hook), "interface", target->interface,
				  "target", target->where, "direction",
				  target->hook != HOOK_TC ? NULL
				  : target->egress	  ? "egress"
							  : "ingress");

	if (target->hook == HOOK_XDP) {
		json_object_set_new(facts, "slot", json_integer(target->slot));
		observe_xdp(m, target, record, facts, problems);
	} else {
		observe_link(m, target, record, facts, problems);
	}
	return facts;
}

static json_t *observe_maps(const struct manifest *m, json_t *problems)
{
	struct bpf_object *object;
	struct bpf_map *map;
	json_t *maps = json_object();

	if (object_open(m, &object)) {
		fail_reset();
		return maps;
	}
	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		const char *path = text(PIN_DIR "/%s/maps/%s", m->name, name);
		const char *difference;
		__u32 used;
		int fd;

		if (!map_is_pinned(map))
			continue;
		used = pinned_map_id(text("%s/map_%s", version_pins(m->name, m->version), name));
		fd = bpf_obj_get(path);
		if (fd < 0) {
			problem(problems, "unpinned",
				text("the map %s is not pinned at %s", name, path));
			continue;
		}
		difference = shape_difference(object, map, fd);
		if (difference)
			problem(problems, "map-shape",
				text("the map %s differs from the object: %s", name, difference));
		else if (used && used != pinned_map_id(path))
			problem(problems, "map-replaced",
				text("the program uses map %u as %s, but map %u is pinned", used,
				     name, pinned_map_id(path)));
		json_object_set_new(maps, name, shape_of(fd));
		close(fd);
	}
	bpf_object__close(object);
	return maps;
}

static void list_pins(const char *dir, const char *prefix, json_t *pins)
{
	const char **names;
	int count = list_dir(dir, &names);

	for (int i = 0; i < count; i++) {
		const char *path = text("%s/%s", dir, names[i]);
		const char *shown = text("%s%s", prefix, names[i]);

		if (!strcmp(names[i], "maps") || !strncmp(names[i], "v_", 2) ||
		    !strcmp(names[i], "staging"))
			list_pins(path, text("%s/", shown), pins);
		else
			json_array_append_new(pins, json_string(shown));
	}
}

json_t *attached_facts(const char *name)
{
	const char *current = version_current(name);
	const char *previous = version_previous(name);
	json_t *record = record_read(name);
	json_t *problems = json_array(), *targets = json_array();
	json_t *pins = json_array(), *maps = json_object();
	const char *sha = NULL;
	struct manifest m;

	list_pins(text(PIN_DIR "/%s", name), "", pins);
	if (require_bpffs()) {
		problem(problems, "no-bpffs", "no bpffs is mounted at " BPFFS);
		fail_reset();
	} else if (!current) {
		problem(problems, "missing", "no version of it was ever applied on this node");
	} else if (manifest_read(version_dir(name, current), &m)) {
		problem(problems, "files", json_string_value(json_object_get(failure(), "cause")));
		fail_reset();
	} else {
		sha = file_sha256(m.object_path);
		if (!sha || strcmp(sha, m.object_sha256))
			problem(problems, "files", text("%s is missing or changed", m.object_path));
		for (int i = 0; i < m.target_count; i++)
			json_array_append_new(targets,
					      observe_target(&m, &m.targets[i], record, problems));
		maps = observe_maps(&m, problems);
	}
	return json_pack("{s:s, s:s?, s:s?, s:s?, s:o, s:o, s:o, s:o}", "name", name, "version",
			 current, "previous", previous, "objectSha256", sha, "targets", targets,
			 "maps", maps, "pins", pins, "problems", problems);
}

bool attached_as_wanted(json_t *facts, const struct manifest *m)
{
	const char *version = json_string_value(json_object_get(facts, "version"));
	json_t *targets = json_object_get(facts, "targets"), *target;
	size_t i;

	if (!version || strcmp(version, m->version) ||
	    json_array_size(json_object_get(facts, "problems")) ||
	    json_array_size(targets) != (size_t)m->target_count)
		return false;
	json_array_foreach(targets, i,
			   target) if (!json_is_true(json_object_get(target, "ours"))) return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int attached_names(const char ***out)
{
	const char *const folders[] = { STATE_DIR, PIN_DIR };
	const char **all = calloc(1, sizeof(*all));
	int count = 0, kept = 0;

	for (int i = 0; i < 2; i++) {
		const char **names;
		int more = list_dir(folders[i], &names);

		all = realloc(all, (count + more + 1) * sizeof(*all));
		if (!all)
			abort();
		for (int j = 0; j < more; j++)
			if (valid_name(names[j]))
				all[count++] = names[j];
	}
	qsort(all, count, sizeof(*all), by_name);
	for (int i = 0; i < count; i++)
		if (!i || strcmp(all[i], all[i - 1]))
			all[kept++] = all[i];
	*out = all;
	return kept;
}
