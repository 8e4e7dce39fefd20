// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm_exec: which files may be executed.
 *
 * Hook:      LSM bprm_check_security (execve of a file, and of each interpreter it
 *            leads to), mmap_file (executable mappings: `ld.so FILE` runs FILE without
 *            executing it, and libraries are mapped this way)
 * Maps:      settings, cgroups, inodes, paths, digests, rule_stats, stats, events
 *            (include/lsm_maps.h)
 * Kernel:    5.11 with `bpf` in its lsm= list; digests need fs-verity and a kernel whose
 *            inodes point at their verity_info
 * In doubt:  a deny-list allows, an allow-list denies; without settings nothing is denied
 *
 * Cannot stop: a copy of a denied file elsewhere (another inode, another path: only an
 * allow-list does), and a script that an allowed interpreter reads (lsm_file can).
 */
#include "lsm_file.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct digest_key);
	__type(value, struct lsm_rule);
} digests SEC(".maps");

/* Only what is read here; CO-RE finds the fields in the kernel that loads the object, if it has
 * them. */
struct fsverity_info___lsm {
	__u8 file_digest[64];
} __attribute__((preserve_access_index));

struct inode___lsm {
	struct fsverity_info___lsm *i_verity_info;
} __attribute__((preserve_access_index));

static __always_inline struct lsm_rule *digest_rule(struct file *file)
{
	struct inode___lsm *inode = (struct inode___lsm *)BPF_CORE_READ(file, f_inode);
	struct fsverity_info___lsm *info = NULL;
	struct digest_key key = {};

	if (!bpf_core_field_exists(inode->i_verity_info) ||
	    !bpf_core_field_exists(info->file_digest))
		return NULL;
	info = BPF_CORE_READ(inode, i_verity_info);
	if (!info || bpf_probe_read_kernel(key.digest, sizeof(key.digest), &info->file_digest))
		return NULL;
	return bpf_map_lookup_elem(&digests, &key);
}

static __always_inline int judge(struct file *file, __u32 hook)
{
	struct lsm_settings *set = active_settings();
	struct finding found = { .hook = hook };
	struct path_key key = {};
	struct lsm_rule *rule;

	if (!set)
		return 0;
	rule = file_rule(file, &key);
	if (!rule)
		rule = digest_rule(file);
	if (!rule == (set->list == LSM_DENY_LIST))
		return 0;
	found.text = key.path;
	found.rule = rule ? rule->number : 0;
	return forbid(set, &found);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(lsm_exec, struct linux_binprm *bprm, int ret)
{
	return ret ? ret : judge(bprm->file, HOOK_EXEC);
}

#define PROT_EXEC 4

SEC("lsm/mmap_file")
int BPF_PROG(lsm_exec_map, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	if (ret || !file || !(prot & PROT_EXEC))
		return ret;
	return judge(file, HOOK_MAP_EXEC);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
