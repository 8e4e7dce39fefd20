// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "links.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "fault.h"
#include "hooks.h"
#include "kernel.h"
#include "paths.h"
#include "text.h"

const char *link_path(const char *name, const struct target *target)
{
	return text(PIN_DIR "/%s/link_%s", name, target->key);
}

__u32 link_program(const char *name, const struct target *target)
{
	struct bpf_link_info info;
	int fd = bpf_obj_get(link_path(name, target));
	__u32 id = 0;

	if (fd >= 0 && link_info(fd, &info))
		id = info.prog_id;
	if (fd >= 0)
		close(fd);
	return id;
}

static const char *doing(const struct target *target)
{
	return text("Attaching %s to %s %s", target->function,
		    hook_name(target->hook),
		    target->interface ? target->interface :
		    target->where     ? target->where :
					"");
}

int link_supported(const struct target *target)
{
	const char *fault = hook_fault(target->hook, target->where), *list;

	if (fault)
		return fail(doing(target), fault,
			    "correct attach in the config, or use another node");
	if (target->hook != HOOK_LSM)
		return 0;
	list = read_file("/sys/kernel/security/lsm", NULL);
	if (!list)
		return fail(doing(target),
			    "/sys/kernel/security/lsm cannot be read, so nobody can tell whether "
			    "BPF LSM is on",
			    "mount securityfs, or use a node with CONFIG_BPF_LSM=y");
	if (!strstr(list, "bpf"))
		return fail(doing(target),
			    text("this kernel runs the LSMs '%s', without bpf: the program would "
				 "load and never be called",
				 list),
			    text("boot the node with lsm=%s,bpf", list));
	return 0;
}

static int attach_tc(const struct target *target, int program_fd)
{
	int ifindex = if_nametoindex(target->interface);

	if (!ifindex)
		return fail(doing(target), text("this node has only %s", interface_names()),
			    "correct attach.interface");
	return bpf_link_create(program_fd, ifindex,
			       target->egress ? ATTACH_TCX_EGRESS : ATTACH_TCX_INGRESS, NULL);
}

/* A link's file descriptor, kept open after libbpf's own object is gone. */
static int own_fd(struct bpf_link *link)
{
	return link ? fcntl(bpf_link__fd(link), F_DUPFD_CLOEXEC, 3) : -1;
}

static int attach_uprobe(const struct target *target, struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_uprobe_opts, options,
		    .retprobe = !strncmp(bpf_program__section_name(program), "uretprobe", 9));
	const char *binary;

	if (!uprobe_parts(target->where, &binary, &options.func_name))
		return fail(doing(target), "the target has no ':'", "write /path/of/binary:symbol");
	return own_fd(bpf_program__attach_uprobe_opts(program, -1, binary, 0, &options));
}

static int attach_loaded(const struct target *target, struct bpf_program *program)
{
	int cgroup;

	switch (target->hook) {
	case HOOK_TC:
		return attach_tc(target, bpf_program__fd(program));
	case HOOK_TRACEPOINT: {
		const char *slash = strchr(target->where, '/');

		if (!slash)
			return fail(doing(target), "the target has no '/'",
				    "write category/name, as in sched/sched_switch");
		return own_fd(bpf_program__attach_tracepoint(
			program, text("%.*s", (int)(slash - target->where), target->where),
			slash + 1));
	}
	case HOOK_RAW_TP:
		return own_fd(bpf_program__attach_raw_tracepoint(program, target->where));
	case HOOK_KPROBE:
		return own_fd(bpf_program__attach_kprobe(
			program, !strncmp(bpf_program__section_name(program), "kretprobe", 9),
			target->where));
	case HOOK_UPROBE:
		return attach_uprobe(target, program);
	case HOOK_CGROUP:
	case HOOK_SOCK_OPS:
		cgroup = open(target->where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return cgroup < 0 ? -1 : own_fd(bpf_program__attach_cgroup(program, cgroup));
	case HOOK_LSM:
		return own_fd(bpf_program__attach_lsm(program));
	case HOOK_XDP:
		break;
	}
	errno = EOPNOTSUPP;
	return -1;
}

/* One call that replaces the program on the link that is there. */
static bool update_in_place(const struct manifest *m, const struct target *target, int program_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, update, .flags = BPF_F_REPLACE);
	int link_fd = bpf_obj_get(link_path(m->name, target));
	struct bpf_link_info info;
	bool done;

	if (link_fd < 0)
		return false;
	if (!link_info(link_fd, &info)) {
		close(link_fd);
		return false;
	}
	update.old_prog_fd = bpf_prog_get_fd_by_id(info.prog_id);
	done = !bpf_link_update(link_fd, program_fd, &update);
	close(link_fd);
	return done;
}

static int publish(const struct manifest *m, const struct target *target, int link_fd)
{
	const char *pin = link_path(m->name, target);
	const char *beside = text("%s_new", pin);

	unlink(beside);
	if (bpf_obj_pin(link_fd, beside))
		return fail(doing(target), text("pinning the link: %s", errno_text(errno)),
			    "this kernel's links for this hook cannot be pinned (tracepoints and "
			    "kprobes need 5.15)");
	fault_point("link-beside");
	/* Publishes the new link and drops the old one in one step. */
	if (rename(beside, pin))
		return fail(doing(target), errno_text(errno), "run it again");
	return 0;
}

int link_swap(const struct manifest *m, const struct target *target, struct bpf_program *program)
{
	int link_fd;

	if (update_in_place(m, target, bpf_program__fd(program)))
		return 0;
	libbpf_log_clear();
	link_fd = attach_loaded(target, program);
	if (link_fd < 0)
		return fail(doing(target), text("%s %s", errno_text(errno), libbpf_log()),
			    "see 'ebpf-loader probe' for what this kernel can attach");
	return publish(m, target, link_fd);
}

int link_swap_fd(const struct manifest *m, const struct target *target, int program_fd)
{
	int link_fd = -1;

	if (update_in_place(m, target, program_fd))
		return 0;
	if (target->hook == HOOK_RAW_TP)
		link_fd = bpf_raw_tracepoint_open(target->where, program_fd);
	else if (target->hook == HOOK_TC)
		link_fd = attach_tc(target, program_fd);
	else if (target->hook == HOOK_LSM)
		link_fd = bpf_raw_tracepoint_open(NULL, program_fd);
	else
		errno = EOPNOTSUPP;
	if (link_fd < 0)
		return fail(doing(target), errno_text(errno),
			    "apply the previous version instead; it loads it again");
	return publish(m, target, link_fd);
}
