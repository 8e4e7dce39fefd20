// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm_file: files that nobody may open, or that nobody may open for writing.
 *
 * Hook:      LSM file_open
 * Maps:      settings, cgroups, inodes, paths, rule_stats, stats, events
 *            (include/lsm_maps.h)
 * Kernel:    5.11 with `bpf` in its lsm= list
 * In doubt:  allows; it denies only what a rule names
 *
 * Cannot stop: what needs no open file, such as removing a file, renaming another one
 * over it, or truncate(2); and files that were open before the rule was there.
 */
#include "lsm_file.bpf.h"

/* linux/fs.h and asm-generic/fcntl.h */
#define FMODE_WRITE 2
#define O_TRUNC	    01000

SEC("lsm/file_open")
int BPF_PROG(lsm_file, struct file *file, int ret)
{
	struct lsm_settings *set = active_settings();
	struct finding found = { .hook = HOOK_FILE_OPEN };
	struct path_key key = {};
	struct lsm_rule *rule;

	if (ret || !set)
		return ret;
	rule = file_rule(file, &key);
	if (!rule)
		return 0;
	if (rule->flags & RULE_WRITE && !((unsigned int)file->f_mode & FMODE_WRITE) &&
	    !(file->f_flags & O_TRUNC))
		return 0;
	found.text = key.path;
	found.rule = rule->number;
	return forbid(set, &found);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
