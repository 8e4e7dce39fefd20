/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rules about files: by inode (which a hard link, a rename, a bind mount and a symlink
 * share) or by the path under which the file was opened (which a replaced file keeps).
 */
#ifndef LSM_FILE_BPF_H
#define LSM_FILE_BPF_H

#include "lsm_inode.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct path_key);
	__type(value, struct lsm_rule);
} paths SEC(".maps");

/*
 * The rule that names a file; @key holds its path afterwards, empty when it is too long.
 * Behind the path's NUL the key holds leftovers, which no rule can match: a rule's own
 * NUL, or its last slash, stands before them.
 */
static __always_inline struct lsm_rule *file_rule(struct file *file, struct path_key *key)
{
	struct lsm_rule *rule = inode_rule(BPF_CORE_READ(file, f_inode));
	struct lsm_rule *named;

	key->bits = 8 * LSM_PATH;
	if (bpf_d_path((struct path *)&file->f_path, key->path, sizeof(key->path)) < 0) {
		count_one(LSM_LONG_PATH);
		key->path[0] = 0;
		return rule;
	}
	named = bpf_map_lookup_elem(&paths, key);
	return rule ? rule : named;
}

#endif
