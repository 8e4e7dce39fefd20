/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The XDP root of an interface: our fixed program on a pinned bpf_link, and the
 * pinned program array (chain) whose slots it calls. A pinned link is an
 * ownership lock: nothing else can replace or detach it (bpf.md, section 4).
 */
#ifndef LOADER_ROOT_H
#define LOADER_ROOT_H

#include <jansson.h>
#include <linux/types.h>
#include <stdbool.h>

#include "manifest.h"

struct root {
	const char *interface;
	const char *dir; /* /sys/fs/bpf/ebpf-platform/xdp_root_<interface> */
	int ifindex;
	int chain_fd;
};

/*
 * Finds or makes the pinned chain. Fails when the interface is missing or a
 * foreign program is on it (unless takeover). Attaches nothing.
 */
int root_prepare(const struct target *target, bool takeover, struct root *root);

/* Opens the pinned chain only; -1 without failure() when there is none. */
int root_open(const char *interface, struct root *root);

/* Attaches the root, or recreates a dead link; leaves a good one alone. */
int root_attach(struct root *root, const struct target *target, bool takeover);

/* Pin of this loader's root program in a root's folder; another loader has another. */
const char *root_program_pin(const char *dir);

/* The pinned link, opened; -1 without. */
int root_link_fd(const struct root *root);

/* Records the failure that names a foreign program on the hook. */
int root_refuse_foreign(const struct root *root, __u32 id);

/* Program id in a slot; 0 when empty. Behind a splitter it is the stable version's. */
__u32 root_slot(const struct root *root, int slot);

/* Whether a slot's flows are shared out between two versions (split.h), and the program of an arm.
 */
bool root_split(const struct root *root, int slot);
__u32 root_arm(const struct root *root, int slot, __u32 arm);

/* The stable version gets the slot back. Safe without a split. */
int root_end_split(const struct root *root, int slot);

/* The parts of root_set_slot: 0, or -1 with errno. */
int root_put(const struct root *root, int slot, int program_fd);
int root_clear(const struct root *root, int slot);

/* Puts a program (or with fd -1: nothing) into a slot and reads it back. */
int root_set_slot(const struct root *root, int slot, int program_fd);

/* Detaches and removes the root when no slot is taken any more. */
int root_drop_if_empty(const char *interface);

/* Facts about the root: link, program, mode, ifindex, slots. */
json_t *root_observe(const char *interface);

#endif
