// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "apply.h"
#include "fail.h"
#include "hooks.h"
#include "kernel.h"
#include "paths.h"
#include "text.h"

struct kind {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	const char *kernel_function; /* a BTF function to attach to, for tracing and LSM */
};

/* The kernel's type behind each hook of a manifest. */
static const struct kind kinds[] = {
	{ "xdp", BPF_PROG_TYPE_XDP, BPF_XDP, NULL },
	{ "tc", BPF_PROG_TYPE_SCHED_CLS, 0, NULL },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, NULL },
	{ "raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, 0, NULL },
	{ "uprobe", BPF_PROG_TYPE_KPROBE, 0, NULL },
	{ "cgroup", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, NULL },
	{ "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, NULL },
	{ "fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "vfs_read" },
	{ "lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open" },
};

/* Loads `return 0` of a kind; NULL when it works, else the reason. */
static const char *try_kind(const struct kind *kind, const struct btf *btf)
{
	/* mov r0, 0; exit */
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = kind->attach);
	int fd;

	if (kind->kernel_function) {
		__s32 id = btf ? btf__find_by_name_kind(btf, kind->kernel_function, BTF_KIND_FUNC)
			       : -ENOENT;

		if (id < 0)
			return text("the kernel's BTF has no function %s", kind->kernel_function);
		options.attach_btf_id = id;
	}
	fd = bpf_prog_load(kind->type, "probe", "GPL", insns, 2, &options);
	if (fd < 0)
		return errno_text(errno);
	close(fd);
	return NULL;
}

static json_t *trimmed(const char *path)
{
	char *content = read_file(path, NULL);

	if (!content)
		return json_null();
	content[strcspn(content, "\n")] = '\0';
	return json_string(content);
}

/* What a hook cannot carry: {"loads", "reason"?, "attaches", "attachReason"?}. */
static json_t *kind_facts(const struct kind *kind, const struct btf *btf)
{
	const char *reason = try_kind(kind, btf);
	int hook = hook_number(kind->name);
	const char *fault = hook < 0 ? NULL : hook_fault(hook, NULL);

	return json_pack("{s:b, s:s*, s:b, s:s*}", "loads", !reason, "reason", reason, "attaches",
			 !fault, "attachReason", fault);
}

int verb_probe(const char *hook, const char *target, json_t **answer)
{
	struct btf *btf = btf__load_vmlinux_btf();
	json_t *programs = json_object();
	struct utsname kernel;
	bool bpffs = !require_bpffs();

	fail_reset();
	uname(&kernel);
	if (hook && hook_number(hook) < 0)
		return fail(text("Probing the hook '%s'", hook), "it is unknown",
			    "see 'ebpf-loader probe' for the hooks");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		json_object_set_new(programs, kinds[i].name, kind_facts(&kinds[i], btf));
	*answer = json_pack("{s:i, s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:b, s:o}", "schema",
			    MANIFEST_SCHEMA, "kernel", kernel.release, "machine", kernel.machine,
			    "bootId", boot_id(), "btf", btf != NULL, "bpffs", bpffs, "lsm",
			    trimmed("/sys/kernel/security/lsm"), "jit",
			    trimmed("/proc/sys/net/core/bpf_jit_enable"), "tracefs",
			    path_exists("/sys/kernel/tracing/events"), "programs", programs);
	if (target)
		json_object_set_new(*answer, "targetReason",
				    json_pack("s?", hook_fault(hook_number(hook), target)));
	return 0;
}
