// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "attached.h"
#include "confirm.h"
#include "fail.h"
#include "fault.h"
#include "map_confirm.h"
#include "paths.h"
#include "kernel.h"
#include "record.h"
#include "version.h"
#include "root.h"
#include "text.h"

/*
 * The program in a slot is this one's: by its pins or record or, when a person
 * removed both, by the slot and function that the files name.
 */
static bool slot_is_ours(const char *name, const char *interface, int slot, __u32 found)
{
	const char *owner = record_owner(found), *version = version_current(name);
	const struct target *target;
	struct manifest m;

	if (owner)
		return !strcmp(owner, name);
	if (!version || manifest_read(version_dir(name, version), &m)) {
		fail_reset();
		return false;
	}
	target = manifest_xdp(&m);
	return target && target->slot == slot && !strcmp(pin_name(target->interface), interface) &&
	       !strncmp(program_name(found), target->function, BPF_OBJ_NAME_LEN - 1);
}

/* Every slot of every root that holds a program of this name, whatever the files say. */
static int release_slots(const char *name)
{
	const char **roots;
	int count = list_dir(PIN_DIR, &roots);

	for (int i = 0; i < count; i++) {
		struct root root = { .dir = text(PIN_DIR "/%s", roots[i]) };

		if (strncmp(roots[i], ROOT_PREFIX, strlen(ROOT_PREFIX)))
			continue;
		root.interface = roots[i] + strlen(ROOT_PREFIX);
		root.chain_fd = bpf_obj_get(text("%s/chain", root.dir));
		for (int slot = 0; root.chain_fd >= 0 && slot < CHAIN_SLOTS; slot++) {
			__u32 found = root_slot(&root, slot);

			if (found && slot_is_ours(name, root.interface, slot, found) &&
			    root_set_slot(&root, slot, -1))
				return -1;
		}
	}
	return 0;
}

static int release_links(const char *name)
{
	const char *dir = text(PIN_DIR "/%s", name);
	const char **pins;
	int count = list_dir(dir, &pins);

	for (int i = 0; i < count; i++)
		if (!strncmp(pins[i], "link_", 5) && remove_tree(text("%s/%s", dir, pins[i])))
			return -1;
	return 0;
}

static int drop_empty_roots(void)
{
	const char **roots;
	int count = list_dir(PIN_DIR, &roots);

	for (int i = 0; i < count; i++)
		if (!strncmp(roots[i], ROOT_PREFIX, strlen(ROOT_PREFIX)) &&
		    root_drop_if_empty(roots[i] + strlen(ROOT_PREFIX)))
			return -1;
	return 0;
}

static int remove_pins(const char *name, bool maps)
{
	const char *dir = text(PIN_DIR "/%s", name);
	const char **pins;
	int count;

	if (maps)
		return remove_tree(dir);
	count = list_dir(dir, &pins);
	for (int i = 0; i < count; i++)
		if (strcmp(pins[i], "maps") && remove_tree(text("%s/%s", dir, pins[i])))
			return -1;
	rmdir(text("%s/maps", dir)); /* stays when maps are in it */
	rmdir(dir);
	return 0;
}

/* Without maps the saved contents of maps stay too; with maps nothing does. */
static int remove_files(const char *name, bool maps)
{
	const char *dir = text(STATE_DIR "/%s", name);
	const char **names;
	int count;

	if (maps)
		return remove_tree(dir);
	count = list_dir(dir, &names);
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], "maps") && remove_tree(text("%s/%s", dir, names[i])))
			return -1;
	rmdir(dir);
	return 0;
}

int verb_remove(const char *name, bool maps, json_t **answer)
{
	if (!valid_name(name))
		return fail(text("Removing '%s'", name), "that is no name of a program",
			    "see 'ebpf-loader observe' for the names");
	return lock_node(LOCK_WRITER) || remove_locked(name, maps, answer) ? -1 : 0;
}

int remove_locked(const char *name, bool maps, json_t **answer)
{
	const char **left;

	/* What runs goes first, what it needs afterwards, its record last. */
	if (release_slots(name) || release_links(name))
		return -1;
	fault_point("released");
	if (drop_empty_roots() || remove_pins(name, maps) || remove_files(name, maps) ||
	    record_remove(name) || map_confirm_drop(name))
		return -1;
	rmdir(PIN_DIR);
	rmdir(STATE_DIR);
	*answer = json_pack("{s:s, s:b, s:i}", "removed", name, "maps", maps, "programsLeft",
			    attached_names(&left));
	return 0;
}
