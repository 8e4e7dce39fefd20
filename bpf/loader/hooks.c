// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "hooks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "links.h"
#include "paths.h"
#include "text.h"

#define EVENTS	"/sys/kernel/tracing/events"
#define SOURCES "/sys/bus/event_source/devices"

/* `return 0` of a kind; -1 with errno when the kernel refuses it. */
static int load_nothing(enum bpf_prog_type type)
{
	/* mov r0, 0; exit */
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "probe", "GPL", insns, 2, NULL);
}

/* No device has this number: a kernel with tcx looks for it, an older one knows no such attach
 * type. */
static const char *tcx_fault(void)
{
	int program = load_nothing(BPF_PROG_TYPE_SCHED_CLS), link;
	bool known;

	if (program < 0)
		return NULL; /* the kind itself is refused, which the probe says */
	link = bpf_link_create(program, INT_MAX, ATTACH_TCX_INGRESS, NULL);
	known = link < 0 && errno == ENODEV;
	close(program);
	return known ? NULL : "this kernel has no tcx (kernel 6.6 with CONFIG_NET_XGRESS)";
}

/* Attached for a moment, it does nothing: no list of names holds the tracepoints of all modules. */
static const char *raw_tracepoint_fault(const char *where)
{
	int program = load_nothing(BPF_PROG_TYPE_RAW_TRACEPOINT), link;
	const char *fault;

	if (program < 0)
		return NULL;
	link = bpf_raw_tracepoint_open(where, program);
	fault = link >= 0	  ? NULL
		: errno == ENOENT ? text("this kernel has no tracepoint %s", where)
				  : text("tracepoint %s: %s", where, errno_text(errno));
	if (link >= 0)
		close(link);
	close(program);
	return fault;
}

static const char *tracepoint_fault(const char *where)
{
	if (!path_exists(EVENTS))
		return "no tracefs is mounted at /sys/kernel/tracing";
	if (where && !path_exists(text(EVENTS "/%s/id", where)))
		return text("this kernel has no tracepoint %s", where);
	return NULL;
}

static const char *probe_fault(const char *source, const char *option)
{
	return path_exists(text(SOURCES "/%s", source))
		       ? NULL
		       : text("this kernel was built without %s", option);
}

static const char *uprobe_fault(const char *where)
{
	const char *fault = probe_fault("uprobe", "CONFIG_UPROBE_EVENTS");
	const char *binary, *symbol;

	if (fault || !where)
		return fault;
	if (!uprobe_parts(where, &binary, &symbol))
		return text("the target %s is not of the form /path/of/binary:symbol", where);
	return path_exists(binary) ? NULL : text("there is no file %s", binary);
}

static const char *cgroup_fault(const char *where)
{
	struct statfs found;

	if (!where)
		return NULL;
	if (statfs(where, &found))
		return text("%s: %s", where, errno_text(errno));
	return found.f_type == CGROUP2_SUPER_MAGIC
		       ? NULL
		       : text("%s is no folder of a cgroup2 file system", where);
}

const char *hook_fault(enum hook hook, const char *where)
{
	switch (hook) {
	case HOOK_TC:
		return tcx_fault();
	case HOOK_TRACEPOINT:
		return tracepoint_fault(where);
	case HOOK_RAW_TP:
		return where ? raw_tracepoint_fault(where) : NULL;
	case HOOK_KPROBE:
		return probe_fault("kprobe", "CONFIG_KPROBE_EVENTS");
	case HOOK_UPROBE:
		return uprobe_fault(where);
	case HOOK_CGROUP:
	case HOOK_SOCK_OPS:
		return cgroup_fault(where);
	case HOOK_XDP:
	case HOOK_LSM:
		break;
	}
	return NULL;
}

bool uprobe_parts(const char *where, const char **binary, const char **symbol)
{
	const char *colon = strrchr(where, ':');

	if (*where != '/' || !colon || !colon[1])
		return false;
	*binary = text("%.*s", (int)(colon - where), where);
	*symbol = colon + 1;
	return true;
}
