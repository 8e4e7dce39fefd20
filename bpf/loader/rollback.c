// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "confirm.h"
#include "fail.h"
#include "kernel.h"
#include "links.h"
#include "paths.h"
#include "root.h"
#include "text.h"
#include "version.h"

static int restore_maps(const struct manifest *m)
{
	const char *pins = version_pins(m->name, m->version);
	const char **names;
	int count = list_dir(pins, &names);

	for (int i = 0; i < count; i++) {
		const char *map = names[i] + 4;
		const char *pin = text(PIN_DIR "/%s/maps/%s", m->name, map);
		const char *beside = text(PIN_DIR "/%s/staging", m->name);
		int fd;

		if (strncmp(names[i], "map_", 4) ||
		    pinned_map_id(pin) == pinned_map_id(text("%s/%s", pins, names[i])))
			continue;
		fd = bpf_obj_get(text("%s/%s", pins, names[i]));
		remove_tree(beside);
		if (fd < 0 || bpf_obj_pin(fd, beside) || rename(beside, pin))
			return fail(text("Giving %s its map %s back", m->name, map),
				    errno_text(errno), "run it again");
	}
	return 0;
}

/* The previous programs are still loaded and pinned: each target is one update. */
static int swap_to_pinned(const struct manifest *m)
{
	for (int i = 0; i < m->target_count; i++) {
		const struct target *target = &m->targets[i];
		int fd = bpf_obj_get(
			text("%s/prog_%s", version_pins(m->name, m->version), target->function));
		struct root root;

		if (target->hook != HOOK_XDP) {
			if (link_swap_fd(m, target, fd))
				return -1;
			continue;
		}
		if (root_prepare(target, m->takeover, &root) ||
		    root_attach(&root, target, m->takeover) ||
		    root_set_slot(&root, target->slot, fd))
			return -1;
	}
	return 0;
}

/* The perf events behind these hooks are made by libbpf of a whole object: they load again. */
static bool needs_load(enum hook hook)
{
	return hook == HOOK_TRACEPOINT || hook == HOOK_KPROBE || hook == HOOK_UPROBE;
}

static bool still_loaded(const struct manifest *m)
{
	for (int i = 0; i < m->target_count; i++)
		if (needs_load(m->targets[i].hook) ||
		    !pinned_program_id(text("%s/prog_%s", version_pins(m->name, m->version),
					    m->targets[i].function)))
			return false;
	return true;
}

int rollback_locked(const char *name, json_t **answer)
{
	const char *previous = version_previous(name);
	struct manifest m;

	if (!previous)
		return fail(text("Rolling %s back", name),
			    "no previous version of it is on this node",
			    "apply the version you want");
	if (manifest_read(version_dir(name, previous), &m))
		return -1;
	/* After a reboot only the files are left of it. */
	if (!still_loaded(&m))
		return apply_locked(m.dir, answer);
	return swap_to_pinned(&m) || restore_maps(&m) || apply_record(&m)
		       ? -1
		       : apply_answer(name, true, answer);
}

int verb_rollback(const char *name, json_t **answer)
{
	if (!valid_name(name))
		return fail(text("Rolling '%s' back", name), "that is no name of a program",
			    "see 'ebpf-loader observe' for the names");
	return lock_node(LOCK_WRITER) || require_bpffs() || rollback_locked(name, answer) ||
			       confirm_drop(name)
		       ? -1
		       : 0;
}
