// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The link that holds the XDP root on its device: made, taken over, updated, recreated. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "fault.h"
#include "kernel.h"
#include "paths.h"
#include "root.h"
#include "text.h"

static int create_link(const struct root *root, int program_fd, enum xdp_mode mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = mode == MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);

	return bpf_link_create(program_fd, root->ifindex, BPF_XDP, &options);
}

/* Makes room on the hook: a link is taken over in place, a netlink program is removed. */
static int take_over(const struct root *root, int program_fd, int *link_fd)
{
	enum xdp_mode mode;
	__u32 id = xdp_attached(root->ifindex, &mode);
	const char *what = text("Taking over the XDP hook of %s from '%s' (id %u)", root->interface,
				program_name(id), id);
	const char *remedy = "detach it with the tool that attached it";
	int old = bpf_prog_get_fd_by_id(id);

	*link_fd = xdp_link_of(id, root->ifindex);
	if (*link_fd >= 0) {
		LIBBPF_OPTS(bpf_link_update_opts, update, .flags = BPF_F_REPLACE,
			    .old_prog_fd = old);

		if (bpf_link_update(*link_fd, program_fd, &update))
			return fail(what, errno_text(errno), remedy);
	} else if (errno == EEXIST) {
		return fail(what, "several links fit this program and device", remedy);
	} else {
		LIBBPF_OPTS(bpf_xdp_attach_opts, expect, .old_prog_fd = old);

		if (bpf_xdp_detach(
			    root->ifindex,
			    (mode == MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE) |
				    XDP_FLAGS_REPLACE,
			    &expect))
			return fail(what, errno_text(errno), remedy);
	}
	return 0;
}

static int new_link(struct root *root, const struct target *target, bool takeover, int program_fd)
{
	const char *what = text("Attaching the XDP root to %s", root->interface);
	const char *pin = text("%s/link", root->dir);
	enum xdp_mode mode = target->mode;
	__u32 foreign;
	int fd = -1;

	foreign = xdp_attached(root->ifindex, &mode);
	if (foreign && !takeover)
		return root_refuse_foreign(root, foreign);
	if (foreign && target->mode != MODE_AUTO && target->mode != mode)
		return fail(what,
			    text("'%s' (id %u), which would be taken over, runs in %s mode",
				 program_name(foreign), foreign, mode_name(mode)),
			    text("set mode: %s, or detach it first", mode_name(mode)));
	if (foreign && take_over(root, program_fd, &fd))
		return -1;
	mode = target->mode;
	if (fd < 0)
		fd = create_link(root, program_fd, mode);
	if (fd < 0 && mode == MODE_AUTO && errno != EBUSY && errno != EEXIST && errno != EPERM)
		fd = create_link(root, program_fd, MODE_GENERIC);
	if (fd < 0)
		return fail(what, text("%s in %s mode", errno_text(errno), mode_name(mode)),
			    "set mode: auto or generic when the driver has no native XDP or its "
			    "MTU is too large for it");
	fault_point("root-link-created");
	if (bpf_obj_pin(fd, pin))
		return fail(what, text("pinning the link: %s", errno_text(errno)),
			    "check " PIN_DIR " and run it again");
	return 0;
}

/* A loader with another root program: one update of the link, expected old program given. */
static int update_link(const struct root *root, int link_fd, __u32 old_id, int program_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, update, .flags = BPF_F_REPLACE);

	update.old_prog_fd = bpf_prog_get_fd_by_id(old_id);
	if (bpf_link_update(link_fd, program_fd, &update))
		return fail(text("Updating the XDP root of %s", root->interface), errno_text(errno),
			    "another program changed the link meanwhile: run it again");
	return 0;
}

static void drop_old_programs(const struct root *root)
{
	const char *keep = root_program_pin(root->dir);
	const char **names;
	int count = list_dir(root->dir, &names);

	for (int i = 0; i < count; i++) {
		const char *path = text("%s/%s", root->dir, names[i]);

		if (!strncmp(names[i], "prog_", 5) && strcmp(path, keep))
			unlink(path);
	}
}

static int check_mode(const struct root *root, const struct target *target)
{
	enum xdp_mode mode = MODE_AUTO;

	xdp_attached(root->ifindex, &mode);
	if (target->mode == MODE_AUTO || target->mode == mode)
		return 0;
	return fail(
		text("Attaching %s to %s in %s mode", target->function, root->interface,
		     mode_name(target->mode)),
		text("the root of this interface runs in %s mode and one interface has one mode",
		     mode_name(mode)),
		"give all programs of the interface the same mode; a change of mode removes them "
		"first");
}

int root_attach(struct root *root, const struct target *target, bool takeover)
{
	struct bpf_link_info info;
	int program_fd = bpf_obj_get(root_program_pin(root->dir));
	int link_fd = root_link_fd(root);

	if (program_fd < 0)
		return fail("Opening the pinned XDP root", errno_text(errno), "run it again");
	/* The device was deleted or the link detached by force: it can only be made anew. */
	if (link_fd >= 0 &&
	    (!link_info(link_fd, &info) || (int)info.xdp.ifindex != root->ifindex)) {
		unlink(text("%s/link", root->dir));
		close(link_fd);
		link_fd = -1;
	}
	if (link_fd < 0) {
		if (new_link(root, target, takeover, program_fd))
			return -1;
	} else {
		struct bpf_prog_info wanted;

		if (!program_info(program_fd, &wanted))
			return fail("Reading the XDP root's program", errno_text(errno),
				    "run it again");
		if (info.prog_id != wanted.id &&
		    update_link(root, link_fd, info.prog_id, program_fd))
			return -1;
	}
	drop_old_programs(root);
	return check_mode(root, target);
}
