// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "apply.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "attached.h"
#include "confirm.h"
#include "fail.h"
#include "fault.h"
#include "kernel.h"
#include "links.h"
#include "mapio.h"
#include "object.h"
#include "paths.h"
#include "record.h"
#include "root.h"
#include "text.h"
#include "version.h"

/* A slot that holds somebody else's program is not ours to fill. */
static int check_slot(const struct manifest *m, const struct target *target,
		      const struct root *root)
{
	__u32 found = root_slot(root, target->slot);
	const char *owner = found ? record_owner(found) : NULL;

	if (!found || m->takeover || (owner && !strcmp(owner, m->name)))
		return 0;
	fail(text("Taking slot %d of %s for %s", target->slot, target->interface, m->name),
	     text("it holds the %s '%s' (id %u)",
		  owner ? text("program %s:", owner) : "foreign program", program_name(found),
		  found),
	     "give one of the two another slot, or set takeover: true to replace it");
	fail_detail("foreign",
		    json_pack("{s:I, s:s}", "id", (json_int_t)found, "name", program_name(found)));
	return -1;
}

static int swap_slot(const struct manifest *m, const struct target *target, struct root *root,
		     int program_fd)
{
	struct bpf_prog_info info;

	if (root_attach(root, target, m->takeover) || check_slot(m, target, root))
		return -1;
	if (!program_info(program_fd, &info) || record_intent(m->name, info.id))
		return -1;
	fault_point("before-swap");
	if (root_set_slot(root, target->slot, program_fd))
		return -1;
	fault_point("after-swap");
	return 0;
}

static int swap(const struct manifest *m, const struct loaded *loaded, struct root *root)
{
	for (int i = 0; i < m->target_count; i++) {
		const struct target *target = &m->targets[i];
		int fd = object_function(loaded, target->function);

		if (fd < 0)
			return -1;
		if (target->hook == HOOK_XDP) {
			if (swap_slot(m, target, root, fd))
				return -1;
		} else if (link_swap(m, target,
				     bpf_object__find_program_by_name(loaded->object,
								      target->function))) {
			return -1;
		}
	}
	return 0;
}

/* New maps get their contents, and their pins unless an old program still owns the name. */
static int prepare_maps(const struct manifest *m, struct loaded *loaded)
{
	for (int i = 0; i < loaded->map_count; i++) {
		struct loaded_map *entry = &loaded->maps[i];
		int fd = bpf_map__fd(entry->map);

		if (entry->fate == MAP_REUSED)
			continue;
		if (entry->fate == MAP_MIGRATED && map_copy(entry->name, entry->old_fd, fd))
			return -1;
		if (entry->fate != MAP_MIGRATED && map_restore(m, entry->map))
			return -1;
		if (entry->fate == MAP_NEW &&
		    bpf_obj_pin(fd, text(PIN_DIR "/%s/maps/%s", m->name, entry->name)))
			return fail(text("Pinning the map %s of %s", entry->name, m->name),
				    errno_text(errno), "run it again");
	}
	return 0;
}

/* After the swap: what the old program wrote meanwhile, then the map's name. */
static int publish_maps(const struct manifest *m, struct loaded *loaded)
{
	for (int i = 0; i < loaded->map_count; i++) {
		struct loaded_map *entry = &loaded->maps[i];
		int fd = bpf_map__fd(entry->map);
		const char *pin = text(PIN_DIR "/%s/maps/%s", m->name, entry->name);
		const char *beside = text(PIN_DIR "/%s/staging/%s", m->name, entry->name);

		if (entry->fate != MAP_RECREATED && entry->fate != MAP_MIGRATED)
			continue;
		if (entry->fate == MAP_MIGRATED && map_copy(entry->name, entry->old_fd, fd))
			return -1;
		if (make_dirs(text(PIN_DIR "/%s/staging", m->name)))
			return -1;
		unlink(beside);
		if (bpf_obj_pin(fd, beside) || rename(beside, pin))
			return fail(text("Pinning the map %s of %s", entry->name, m->name),
				    errno_text(errno), "run it again");
	}
	return 0;
}

static bool has_target(const struct manifest *m, const struct target *target)
{
	for (int i = 0; i < m->target_count; i++) {
		const struct target *other = &m->targets[i];

		if (strcmp(other->key, target->key) || other->hook != target->hook)
			continue;
		if (target->hook != HOOK_XDP || other->slot == target->slot)
			return true;
	}
	return false;
}

int target_release(const char *name, const struct target *target)
{
	struct root root;
	const char *owner;
	__u32 found;

	if (target->hook != HOOK_XDP)
		return remove_tree(link_path(name, target));
	if (!root_open(target->interface, &root)) {
		found = root_slot(&root, target->slot);
		owner = found ? record_owner(found) : NULL;
		if (owner && !strcmp(owner, name) && root_set_slot(&root, target->slot, -1))
			return -1;
		close(root.chain_fd);
	}
	fault_point("slot-cleared");
	return root_drop_if_empty(target->interface);
}

/* Targets of the version before that this one no longer has. */
static int release_old_targets(const struct manifest *m, const char *old_version)
{
	struct manifest old;

	if (!old_version || !strcmp(old_version, m->version))
		return 0;
	if (manifest_read(version_dir(m->name, old_version), &old)) {
		fail_reset(); /* its files are gone: nothing is known to release */
		return 0;
	}
	for (int i = 0; i < old.target_count; i++)
		if (!has_target(m, &old.targets[i]) && target_release(m->name, &old.targets[i]))
			return -1;
	return 0;
}

int apply_record(const struct manifest *m)
{
	const char *old_version = version_current(m->name);
	json_t *programs = json_object();

	for (int i = 0; i < m->target_count; i++)
		json_object_set_new(programs, m->targets[i].key,
				    json_integer(pinned_program_id(
					    text("%s/prog_%s", version_pins(m->name, m->version),
						 m->targets[i].function))));
	if (version_record(m) || record_write(m->name, m->version, programs))
		return -1;
	fault_point("recorded");
	return release_old_targets(m, old_version);
}

/* A step after the swap failed (a full disk): the slot gets its old program back. */
static void swap_back(const struct root *root, const struct target *xdp, int old_fd)
{
	json_t *first = failure();

	if (!xdp)
		return;
	root_set_slot(root, xdp->slot, old_fd);
	json_object_set_new(first, "swappedBack", json_true());
}

int apply_answer(const char *name, bool changed, json_t **answer)
{
	*answer = attached_facts(name);
	json_object_set_new(*answer, "changed", json_boolean(changed));
	json_object_set_new(*answer, "bootId", json_string(boot_id()));
	return 0;
}

static int apply_loaded(const struct manifest *m, struct loaded *loaded, struct root *root)
{
	const struct target *xdp = manifest_xdp((struct manifest *)m);
	int old_fd = -1;

	if (object_smoke(m, loaded) || version_pin(m, loaded) || prepare_maps(m, loaded))
		return -1;
	fault_point("pinned");
	if (xdp && root_slot(root, xdp->slot))
		old_fd = bpf_prog_get_fd_by_id(root_slot(root, xdp->slot));
	if (swap(m, loaded, root))
		return -1;
	if (publish_maps(m, loaded) || apply_record(m)) {
		swap_back(root, xdp, old_fd);
		return -1;
	}
	return version_collect(m->name);
}

static int prepare(const struct manifest *m, struct root *root)
{
	const struct target *xdp = manifest_xdp((struct manifest *)m);
	const char *owner;
	__u32 found;

	if (require_bpffs() || manifest_check_object(m))
		return -1;
	for (int i = 0; i < m->target_count; i++)
		if (link_supported(&m->targets[i]))
			return -1;
	if (version_sweep(m->name))
		return -1;
	if (!xdp)
		return 0;
	if (root_prepare(xdp, m->takeover, root) || check_slot(m, xdp, root))
		return -1;
	/* What is there stays known as ours, whatever becomes of its pins from here on. */
	found = root_slot(root, xdp->slot);
	owner = found ? record_owner(found) : NULL;
	return owner && !strcmp(owner, m->name) ? record_intent(m->name, found) : 0;
}

int apply_locked(const char *dir, json_t **answer)
{
	struct loaded loaded;
	struct root root = { .chain_fd = -1 };
	struct manifest m;

	if (manifest_read(dir, &m) || require_bpffs() || manifest_check_object(&m))
		return -1;
	if (strcmp(dir, version_dir(m.name, m.version)))
		return fail(text("Applying %s", dir),
			    text("its manifest belongs in %s", version_dir(m.name, m.version)),
			    "put the files there");
	if (attached_as_wanted(attached_facts(m.name), &m))
		return apply_answer(m.name, false, answer);
	if (prepare(&m, &root) || object_load(&m, manifest_xdp(&m) ? &root : NULL, &loaded) ||
	    apply_loaded(&m, &loaded, &root)) {
		/* Nothing that this apply made stays: not its pins, not a root with no program. */
		if (manifest_xdp(&m))
			root_drop_if_empty(manifest_xdp(&m)->interface);
		version_collect_pins(m.name);
		return -1;
	}
	return apply_answer(m.name, true, answer);
}

/* Seconds beyond the health window for the fresh connection that confirms. */
#define CONFIRM_GRACE 30

int verb_apply(const char *dir, int confirm_seconds, json_t **answer)
{
	const char *name, *version;
	bool unconfirmed;

	if (lock_node(LOCK_WRITER) || apply_locked(dir, answer))
		return -1;
	name = json_string_value(json_object_get(*answer, "name"));
	version = json_string_value(json_object_get(*answer, "version"));
	/* A repeated apply of a version that still waits goes on waiting. */
	unconfirmed = confirm_seconds > 0 &&
		      (json_is_true(json_object_get(*answer, "changed")) || confirm_pending(name));
	json_object_set_new(*answer, "unconfirmed", json_boolean(unconfirmed));
	return unconfirmed ? confirm_watch(name, version, confirm_seconds + CONFIRM_GRACE)
			   : confirm_drop(name);
}
