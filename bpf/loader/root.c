// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "root.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
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
const char *root_program_pin(const char *dir)
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
	unlink(root_program_pin(root->dir));
	if (bpf_obj_pin(bpf_program__fd(program), root_program_pin(root->dir)))
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

int root_link_fd(const struct root *root)
{
	return bpf_obj_get(text("%s/link", root->dir));
}

/* Id of the program our pinned link runs on this very device; 0 without. */
static __u32 own_program(const struct root *root)
{
	struct bpf_link_info info;
	int fd = root_link_fd(root);
	__u32 id = 0;

	if (fd >= 0 && link_info(fd, &info) && (int)info.xdp.ifindex == root->ifindex)
		id = info.prog_id;
	if (fd >= 0)
		close(fd);
	return id;
}

int root_refuse_foreign(const struct root *root, __u32 id)
{
	fail(text("Attaching to the XDP hook of %s", root->interface),
	     text("the foreign program '%s' (id %u) is attached there", program_name(id), id),
	     "detach it with the tool that attached it, or set takeover: true to replace it");
	fail_detail("foreign",
		    json_pack("{s:I, s:s}", "id", (json_int_t)id, "name", program_name(id)));
	return -1;
}

/*
 * Id of a program on the hook that is not ours; 0 without. An earlier root of ours whose
 * link has lost its pin is detached by a worker of the kernel a moment later: it is
 * waited for, half a second at most.
 */
static __u32 foreign_program(const struct root *root)
{
	const struct timespec pause = { .tv_nsec = 25 * 1000 * 1000 };
	enum xdp_mode mode;
	__u32 attached = 0;

	for (int look = 0; look < 20; look++) {
		attached = xdp_attached(root->ifindex, &mode);
		if (!attached || attached == own_program(root))
			return 0;
		if (strcmp(program_name(attached), "xdp_root"))
			break;
		nanosleep(&pause, NULL);
	}
	return attached;
}

int root_prepare(const struct target *target, bool takeover, struct root *root)
{
	__u32 foreign;

	root_open(target->interface, root);
	if (!root->ifindex)
		return fail(text("Looking for the interface %s", target->interface),
			    text("this node has only %s", interface_names()),
			    "correct attach.interface, or create the interface first");
	foreign = takeover ? 0 : foreign_program(root);
	if (foreign)
		return root_refuse_foreign(root, foreign);
	if (root->chain_fd < 0 || !path_exists(root_program_pin(root->dir)))
		return load_root(root);
	return 0;
}

int root_set_slot(const struct root *root, int slot, int program_fd)
{
	const char *what = text("Setting slot %d of %s", slot, root->interface);
	struct bpf_prog_info info = {};

	if (program_fd < 0) {
		if (root_clear(root, slot))
			return fail(what, errno_text(errno), "run it again");
	} else {
		if (!program_info(program_fd, &info) || root_put(root, slot, program_fd))
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
	link_fd = root_link_fd(&root);
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

	link_fd = root_link_fd(&root);
	if (link_fd >= 0)
		link_info(link_fd, &info);
	if (root.ifindex)
		attached = xdp_attached(root.ifindex, &mode);
	for (int slot = 0; has_chain && slot < CHAIN_SLOTS; slot++)
		json_array_append_new(slots, json_integer(root_slot(&root, slot)));
	facts = json_pack("{s:i, s:b, s:b, s:I, s:I, s:i, s:I, s:I, s:o}", "ifindex", root.ifindex,
			  "chainPinned", has_chain, "rootCurrent",
			  path_exists(root_program_pin(root.dir)), "pinnedRootId",
			  (json_int_t)pinned_program_id(root_program_pin(root.dir)), "linkId",
			  (json_int_t)info.id, "linkIfindex", (int)info.xdp.ifindex,
			  "rootProgramId", (json_int_t)info.prog_id, "attachedProgramId",
			  (json_int_t)attached, "slots", slots);
	json_object_set_new(facts, "mode", attached ? json_string(mode_name(mode)) : json_null());
	return facts;
}
