/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules about files and folders by what they are, whatever they are called. */
#ifndef LSM_INODE_BPF_H
#define LSM_INODE_BPF_H

#include "lsm.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct file_id);
	__type(value, struct lsm_rule);
} inodes SEC(".maps");

static __always_inline struct lsm_rule *inode_rule(const struct inode *inode)
{
	struct file_id id = {
		.device = BPF_CORE_READ(inode, i_sb, s_dev),
		.inode = BPF_CORE_READ(inode, i_ino),
	};

	return bpf_map_lookup_elem(&inodes, &id);
}

#endif
