/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What all LSM programs share: mode, scope, exemptions, counters and events. A hook
 * first looks whether a rule matches, which is cheap, and asks this only then.
 *
 * LSM programs can be preempted, so that nothing here is kept per CPU: counters are
 * atomic, and scratch space is the stack.
 */
#ifndef LSM_BPF_H
#define LSM_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "lsm_maps.h"

/* BPF_PROG names all arguments of a hook, whether a program reads them or not. */
#pragma clang diagnostic ignored "-Wunused-parameter"

#define EPERM 1

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lsm_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, struct cgroup_step);
	__type(value, struct cgroup_node);
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LSM_MAX_RULES);
	__type(key, __u32);
	__type(value, struct lsm_rule_stats);
} rule_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LSM_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* What a hook found, for counters and the event. */
struct finding {
	__u32 hook;
	__u32 rule;
	const char *text; /* LSM_PATH bytes of ours, or NULL */
	const __u8 *address;
	const __u8 *port;
	__u32 family;
	__u32 number;
};

/* NULL when the program has nothing to do. */
static __always_inline struct lsm_settings *active_settings(void)
{
	__u32 zero = 0;
	struct lsm_settings *found = bpf_map_lookup_elem(&settings, &zero);

	return found && found->mode != LSM_OFF ? found : NULL;
}

static __always_inline void count_one(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&stats, &counter);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* All flags on the way from the root to a cgroup; *rule is that of the last protected one. */
static __always_inline __u32 cgroup_flags(struct cgroup *leaf, __u32 *rule)
{
	struct cgroup *chain[LSM_DEPTH] = {};
	struct cgroup_step step = {};
	struct cgroup *at = leaf;
	__u32 flags = 0;

	for (int i = 0; i < 4 * LSM_DEPTH; i++) {
		int level = BPF_CORE_READ(at, level);

		if (level < 1)
			break;
		if (level <= LSM_DEPTH)
			chain[(level - 1) & (LSM_DEPTH - 1)] = at;
		at = BPF_CORE_READ(at, self.parent, cgroup);
	}
	for (int i = 0; i < LSM_DEPTH; i++) {
		struct cgroup_node *node;

		if (!chain[i])
			break;
		__builtin_memset(step.name, 0, sizeof(step.name));
		bpf_probe_read_kernel_str(step.name, sizeof(step.name),
					  BPF_CORE_READ(chain[i], kn, name));
		node = bpf_map_lookup_elem(&cgroups, &step);
		if (!node)
			break;
		flags |= node->flags;
		if (node->flags & CGROUP_PROTECTED)
			*rule = node->rule;
		step.parent = node->node;
	}
	return flags;
}

static __always_inline struct cgroup *cgroup_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp);
}

static __always_inline void report(const struct finding *found, __u32 mode)
{
	struct lsm_record *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count_one(LSM_DROPPED);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time = bpf_ktime_get_boot_ns();
	event->cgroup = bpf_get_current_cgroup_id();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->uid = bpf_get_current_uid_gid();
	event->rule = found->rule;
	event->hook = found->hook;
	event->mode = mode;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (found->text)
		bpf_probe_read_kernel_str(event->text, sizeof(event->text), found->text);
	if (found->address)
		bpf_probe_read_kernel(event->address, sizeof(event->address), found->address);
	if (found->port)
		bpf_probe_read_kernel(event->port, sizeof(event->port), found->port);
	event->family = found->family;
	event->number = found->number;
	bpf_ringbuf_submit(event, 0);
}

/*
 * Judges what a rule (or the lack of one) forbids: 0 lets it through, -EPERM denies it.
 * Process 1 and exempt cgroups are never denied anything.
 */
static __always_inline int forbid(const struct lsm_settings *set, const struct finding *found)
{
	struct lsm_rule_stats *counted;
	__u32 number = found->rule, ignored = 0, flags;

	flags = cgroup_flags(cgroup_of((struct task_struct *)bpf_get_current_task()), &ignored);
	if (flags & CGROUP_EXEMPT || bpf_get_current_pid_tgid() >> 32 == 1) {
		count_one(LSM_EXEMPT);
		return 0;
	}
	if (set->scoped && !(flags & CGROUP_SCOPE)) {
		count_one(LSM_OUT_OF_SCOPE);
		return 0;
	}
	counted = bpf_map_lookup_elem(&rule_stats, &number);
	if (counted)
		__sync_fetch_and_add(
			set->mode == LSM_ENFORCE ? &counted->denied : &counted->audited, 1);
	report(found, set->mode);
	return set->mode == LSM_ENFORCE ? -EPERM : 0;
}

#endif
