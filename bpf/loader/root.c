// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "root.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "fault.h"
#include "kernel.h"
#include "paths.h"
#include "text.h"

extern const unsigned char root_object[], root_object_end[];

static const char *root_dir(const char *interface)
{
	return text(PIN_DIR "/" ROOT_PREFIX "%s", pin_name(interface));
}

/* The root's own version: a new loader with another root program updates the link. */
static const char *program_pin(const char *dir)
{
	return text("%s/prog_%.12s", dir, bytes_sha256(root_object, root_object_end - root_object));
}

/* Loads the root; with chain_fd >= 0 over the chain that is there. Pins what is new. */
static int load_root(struct root *root)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "xdp_root");
	const char *what = text("Loading the XDP root for %s", root->interface);
	const char *remedy = "run 'ebpf-loader probe' to see what this kernel can load";
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *chain;

	libbpf_log_clear();
	object = bpf_object__open_mem(root_object, root_object_end - root_object, &options);
	if (!object)
		return fail(what, errno_text(errno), remedy);
	program = bpf_object__next_program(object, NULL);
	chain = bpf_object__find_map_by_name(object, "chain");
	if (!program || !chain)
		return fail(what, "it has no program or no map named chain",
			    "build the loader again");
	if (root->chain_fd >= 0 && bpf_map__reuse_fd(chain, root->chain_fd))
		return fail(what, errno_text(errno), remedy);
	if (bpf_object__load(object))
		return fail(what, text("%s: %s", errno_text(errno), libbpf_log()), remedy);
	if (make_dirs(root->dir))
		return -1;
	if (root->chain_fd < 0) {
		root->chain_fd = bpf_map__fd(chain);
		if (bpf_obj_pin(root->chain_fd, text("%s/chain", root->dir)))
			return fail(what, errno_text(errno), remedy);
	}
	fault_point("root-chain-pinned");
	/* A pin of the same root over a chain that was unpinned by hand. */
	unlink(program_pin(root->dir));
	if (bpf_obj_pin(bpf_program__fd(program), program_pin(root->dir)))
		return fail(what, errno_text(errno), remedy);
	return 0;
}

int root_open(const char *interface, struct root *root)
{
	root->interface = interface;
	root->dir = root_dir(interface);
	root->ifindex = if_nametoindex(interface);
	root->chain_fd = bpf_obj_get(text("%s/chain", root->dir));
	return root->chain_fd < 0 ? -1 : 0;
}

static int link_pin(const struct root *root)
{
	return bpf_obj_get(text("%s/link", root->dir));
}

/* Id of the program our pinned link runs on this very device; 0 without. */
static __u32 own_program(const struct root *root)
{
	struct bpf_link_info info;
	int fd = link_pin(root);
	__u32 id = 0;

	if (fd >= 0 && link_info(fd, &info) && (int)info.xdp.ifindex == root->ifindex)
		id = info.prog_id;
	if (fd >= 0)
		close(fd);
	return id;
}

static int refuse_foreign(const struct root *root, __u32 id)
{
	fail(text("Attaching to the XDP hook of %s", root->interface),
	     text("the foreign program '%s' (id %u) is attached there", program_name(id), id),
	     "detach it with the tool that attached it, or set takeover: true to replace it");
	fail_detail("foreign",
		    json_pack("{s:I, s:s}", "id", (json_int_t)id, "name", program_name(id)));
	return -1;
}

int root_prepare(const struct target *target, bool takeover, struct root *root)
{
	enum xdp_mode mode;
	__u32 attached;

	root_open(target->interface, root);
	if (!root->ifindex)
		return fail(text("Looking for the interface %s", target->interface),
			    text("this node has only %s", interface_names()),
			    "correct attach.interface, or create the interface first");
	attached = xdp_attached(root->ifindex, &mode);
	if (attached && attached != own_program(root) && !takeover)
		return refuse_foreign(root, attached);
	if (root->chain_fd < 0 || !path_exists(program_pin(root->dir)))
		return load_root(root);
	return 0;
}

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
		return refuse_foreign(root, foreign);
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
	const char *keep = program_pin(root->dir);
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
	int program_fd = bpf_obj_get(program_pin(root->dir));
	int link_fd = link_pin(root);

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

__u32 root_slot(const struct root *root, int slot)
{
	__u32 id = 0;

	return bpf_map_lookup_elem(root->chain_fd, &slot, &id) ? 0 : id;
}

int root_set_slot(const struct root *root, int slot, int program_fd)
{
	const char *what = text("Setting slot %d of %s", slot, root->interface);
	struct bpf_prog_info info = {};

	if (program_fd < 0) {
		if (bpf_map_delete_elem(root->chain_fd, &slot) && errno != ENOENT)
			return fail(what, errno_text(errno), "run it again");
	} else {
		if (!program_info(program_fd, &info) ||
		    bpf_map_update_elem(root->chain_fd, &slot, &program_fd, 0))
			return fail(what, errno_text(errno),
				    "the program must be of the root's kind: SEC(\"xdp\") without "
				    "frags");
	}
	if (root_slot(root, slot) != info.id)
		return fail(what,
			    text("it holds program %u after the update, not %u",
				 root_slot(root, slot), info.id),
			    "something else writes the chain; find it and run it again");
	return 0;
}

int root_drop_if_empty(const char *interface)
{
	struct root root;
	int link_fd;

	if (root_open(interface, &root))
		return path_exists(root.dir) ? remove_tree(root.dir) : 0;
	for (int slot = 0; slot < CHAIN_SLOTS; slot++)
		if (root_slot(&root, slot))
			return 0;
	/*
	 * The link first: no packet may meet a root without its chain. The kernel
	 * releases an unpinned link later, in a work queue; detaching is done at once,
	 * so that whoever attaches next does not find it there.
	 */
	link_fd = link_pin(&root);
	if (link_fd >= 0) {
		bpf_link_detach(link_fd);
		close(link_fd);
	}
	if (unlink(text("%s/link", root.dir)) && errno != ENOENT)
		return fail(text("Detaching the XDP root of %s", interface), errno_text(errno),
			    "run it again");
	return remove_tree(root.dir);
}

json_t *root_observe(const char *interface)
{
	struct bpf_link_info info = {};
	enum xdp_mode mode = MODE_AUTO;
	struct root root;
	json_t *slots = json_array(), *facts;
	__u32 attached = 0;
	int link_fd;
	bool has_chain = !root_open(interface, &root);

	link_fd = link_pin(&root);
	if (link_fd >= 0)
		link_info(link_fd, &info);
	if (root.ifindex)
		attached = xdp_attached(root.ifindex, &mode);
	for (int slot = 0; has_chain && slot < CHAIN_SLOTS; slot++)
		json_array_append_new(slots, json_integer(root_slot(&root, slot)));
	facts = json_pack("{s:i, s:b, s:b, s:I, s:i, s:I, s:I, s:o}", "ifindex", root.ifindex,
			  "chainPinned", has_chain, "rootCurrent",
			  path_exists(program_pin(root.dir)), "linkId", (json_int_t)info.id,
			  "linkIfindex", (int)info.xdp.ifindex, "rootProgramId",
			  (json_int_t)info.prog_id, "attachedProgramId", (json_int_t)attached,
			  "slots", slots);
	json_object_set_new(facts, "mode", attached ? json_string(mode_name(mode)) : json_null());
	return facts;
}
