// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm_kill: processes that nobody may signal, by their cgroup or by the file they run.
 *
 * Hook:      LSM task_kill
 * Maps:      settings, cgroups, inodes, rule_stats, stats, events (include/lsm_maps.h)
 * Kernel:    5.11 with `bpf` in its lsm= list
 * In doubt:  allows; it denies only what a rule names
 *
 * Signal 0 only asks whether a process is there and is let through, as are signals
 * within one cgroup, without which a service could not run its own workers.
 *
 * Cannot stop: cgroup.kill, the out-of-memory killer, a debugger, and a service manager
 * that is exempt and does what it is asked to.
 */
#include "lsm_inode.bpf.h"

SEC("lsm/task_kill")
int BPF_PROG(lsm_kill, struct task_struct *task, struct kernel_siginfo *info, int signal,
	     const struct cred *cred, int ret)
{
	struct lsm_settings *set = active_settings();
	struct finding found = { .hook = HOOK_KILL, .number = signal };
	struct cgroup *cgroup = cgroup_of(task);
	struct lsm_rule *rule;

	if (ret || !set || !signal)
		return ret;
	if (cgroup_of((struct task_struct *)bpf_get_current_task()) == cgroup)
		return 0;
	rule = inode_rule(BPF_CORE_READ(task, mm, exe_file, f_inode));
	if (rule)
		found.rule = rule->number;
	else if (!(cgroup_flags(cgroup, &found.rule) & CGROUP_PROTECTED))
		return 0;
	return forbid(set, &found);
}

char _license[] SEC("license")
= "Dual BSD/GPL";
