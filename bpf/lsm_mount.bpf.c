// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm_mount: which file system types may be mounted, and where nothing may be mounted.
 *
 * Hook:      LSM sb_mount (mount(2)), move_mount (the calls fsopen, open_tree and
 *            move_mount, which mount(8) of util-linux 2.39 and later uses)
 * Maps:      settings, cgroups, types, inodes, rule_stats, stats, events
 *            (include/lsm_maps.h)
 * Kernel:    5.11 with `bpf` in its lsm= list
 * In doubt:  allows; it denies only what a rule names
 *
 * A place is a folder of the inode map and everything below it on its file system.
 *
 * Cannot stop: a bind mount by open_tree under the type "bind" (the kernel does not tell
 * it from any other there; a rule about the place does stop it), and unmounting.
 */
#include "lsm_inode.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct type_key);
	__type(value, struct lsm_rule);
} types SEC(".maps");

/* uapi/linux/mount.h */
#define MS_REMOUNT 32
#define MS_BIND	   4096
#define MS_MOVE	   8192

/* How far up from a mount point a folder of a rule is looked for. */
#define MAX_PARENTS 32

static __always_inline struct lsm_rule *place_rule(struct dentry *dentry)
{
	for (int i = 0; i < MAX_PARENTS; i++) {
		struct lsm_rule *rule = inode_rule(BPF_CORE_READ(dentry, d_inode));
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

		if (rule || parent == dentry)
			return rule;
		dentry = parent;
	}
	return NULL;
}

static __always_inline int judge(struct dentry *place, const struct type_key *key, __u32 hook)
{
	struct lsm_settings *set = active_settings();
	struct finding found = { .hook = hook };
	char text[LSM_PATH] = {};
	struct lsm_rule *rule;

	if (!set)
		return 0;
	rule = bpf_map_lookup_elem(&types, key);
	if (!rule)
		rule = place_rule(place);
	if (!rule)
		return 0;
	__builtin_memcpy(text, key->type, sizeof(key->type));
	found.text = text;
	found.rule = rule->number;
	return forbid(set, &found);
}

SEC("lsm/sb_mount")
int BPF_PROG(lsm_mount, const char *device, const struct path *path, const char *type,
	     unsigned long flags, void *data, int ret)
{
	struct type_key key = {};

	if (ret)
		return ret;
	if (flags & MS_REMOUNT)
		__builtin_memcpy(key.type, "remount", 8);
	else if (flags & MS_BIND)
		__builtin_memcpy(key.type, "bind", 5);
	else if (flags & MS_MOVE)
		__builtin_memcpy(key.type, "move", 5);
	else if (type)
		bpf_probe_read_kernel_str(key.type, sizeof(key.type), type);
	return judge(path->dentry, &key, HOOK_MOUNT);
}

SEC("lsm/move_mount")
int BPF_PROG(lsm_mount_move, const struct path *from, const struct path *to, int ret)
{
	struct type_key key = {};

	if (ret)
		return ret;
	bpf_probe_read_kernel_str(key.type, sizeof(key.type),
				  BPF_CORE_READ(from, mnt, mnt_sb, s_type, name));
	return judge(to->dentry, &key, HOOK_MOVE_MOUNT);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
