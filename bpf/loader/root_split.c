// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Slots with a splitter: the slot's program is then the splitter's stable arm, for
 * whoever reads or sets it.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "fail.h"
#include "kernel.h"
#include "paths.h"
#include "root.h"
#include "split.h"
#include "text.h"

#include "../include/split_maps.h"

static __u32 slot_holds(const struct root *root, int slot)
{
	__u32 id = 0;

	return bpf_map_lookup_elem(root->chain_fd, &slot, &id) ? 0 : id;
}

static const char *splitter_pin(const struct root *root, int slot)
{
	return text("%s/prog", split_dir(root, slot));
}

bool root_split(const struct root *root, int slot)
{
	__u32 id = slot_holds(root, slot);

	return id && path_exists(splitter_pin(root, slot)) &&
	       id == pinned_program_id(splitter_pin(root, slot));
}

static int open_arms(const struct root *root, int slot)
{
	return bpf_obj_get(text("%s/chain", split_dir(root, slot)));
}

__u32 root_arm(const struct root *root, int slot, __u32 arm)
{
	int arms = open_arms(root, slot);
	__u32 id = 0;

	if (arms < 0)
		return 0;
	if (bpf_map_lookup_elem(arms, &arm, &id))
		id = 0;
	close(arms);
	return id;
}

__u32 root_slot(const struct root *root, int slot)
{
	return root_split(root, slot) ? root_arm(root, slot, SPLIT_STABLE) : slot_holds(root, slot);
}

int root_put(const struct root *root, int slot, int program_fd)
{
	__u32 arm = SPLIT_STABLE;
	int arms, result;

	if (!root_split(root, slot))
		return bpf_map_update_elem(root->chain_fd, &slot, &program_fd, BPF_ANY);
	arms = open_arms(root, slot);
	if (arms < 0)
		return -1;
	result = bpf_map_update_elem(arms, &arm, &program_fd, BPF_ANY);
	close(arms);
	return result;
}

int root_clear(const struct root *root, int slot)
{
	if (bpf_map_delete_elem(root->chain_fd, &slot) && errno != ENOENT)
		return -1;
	return remove_tree(split_dir(root, slot));
}

int root_end_split(const struct root *root, int slot)
{
	const char *what = text("Ending the split of slot %d of %s", slot, root->interface);
	int stable, result;

	if (root_split(root, slot)) {
		stable = bpf_prog_get_fd_by_id(root_arm(root, slot, SPLIT_STABLE));
		result = stable < 0 || bpf_map_update_elem(root->chain_fd, &slot, &stable, BPF_ANY);
		if (result)
			fail(what, errno_text(errno), "run it again");
		if (stable >= 0)
			close(stable);
		if (result)
			return -1;
	}
	return remove_tree(split_dir(root, slot));
}
