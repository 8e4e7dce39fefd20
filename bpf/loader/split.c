// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The splitter of a slot: loaded with a candidate version, and taken away again. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "fail.h"
#include "kernel.h"
#include "mapio.h"
#include "object.h"
#include "paths.h"
#include "split.h"
#include "text.h"
#include "version.h"

#include "../include/split_maps.h"

extern const unsigned char split_object[], split_object_end[];

const char *split_dir(const struct root *root, int slot)
{
	return text("%s/split_%d", root->dir, slot);
}

static int pin(int fd, const char *path, const char *what)
{
	return bpf_obj_pin(fd, path) ? fail(what, errno_text(errno), "run it again") : 0;
}

/* Pins the splitter with its maps; prog is what slots are compared with, so it comes last. */
static int pin_splitter(struct bpf_object *object, const char *dir, const char *what)
{
	struct bpf_map *map;

	if (remove_tree(dir) || make_dirs(dir))
		return -1;
	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__is_internal(map))
			continue;
		if (pin(bpf_map__fd(map), text("%s/%s", dir, bpf_map__name(map)), what))
			return -1;
	}
	return pin(bpf_program__fd(bpf_object__next_program(object, NULL)), text("%s/prog", dir),
		   what);
}

static int load_splitter(struct bpf_object **object, const char *what)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "xdp_split");

	libbpf_log_clear();
	*object = bpf_object__open_mem(split_object, split_object_end - split_object, &options);
	if (!*object || !bpf_object__next_program(*object, NULL) ||
	    !bpf_object__find_map_by_name(*object, "chain"))
		return fail(what, "the loader's splitter cannot be opened",
			    "build the loader again");
	if (bpf_object__load(*object))
		return fail(what, text("%s: %s", errno_text(errno), libbpf_log()),
			    "run 'ebpf-loader probe' to see what this kernel can load");
	return 0;
}

static int set_arm(int chain, __u32 arm, int program, const char *what)
{
	if (!bpf_map_update_elem(chain, &arm, &program, BPF_ANY))
		return 0;
	return fail(what, errno_text(errno),
		    "the program must be of the root's kind: SEC(\"xdp\") without frags");
}

/* A map that the stable version does not share gets what was last written for it. */
static int fill_maps(const struct manifest *m, const struct loaded *loaded)
{
	for (int i = 0; i < loaded->map_count; i++)
		if (loaded->maps[i].fate != MAP_REUSED && map_restore(m, loaded->maps[i].map))
			return -1;
	return 0;
}

static int stable_target(const char *name, const char *what, struct manifest *m,
			 struct target **xdp, struct root *root)
{
	const char *version = valid_name(name) ? version_current(name) : NULL;

	if (!version)
		return fail(what, "no version of it is attached", "apply one first");
	if (manifest_read(version_dir(name, version), m))
		return -1;
	*xdp = manifest_xdp(m);
	if (!*xdp)
		return fail(what, "it is no XDP program",
			    "only programs of the XDP chain share flows");
	if (root_open((*xdp)->interface, root) || !root_slot(root, (*xdp)->slot))
		return fail(what, "its slot is empty", "run 'ebpf-loader boot'");
	return 0;
}

int verb_split_start(const char *dir, json_t **answer)
{
	const char *what = text("Splitting off the version in %s", dir);
	struct target *xdp, *mine;
	struct manifest candidate, stable;
	struct bpf_object *splitter;
	struct loaded loaded;
	struct root root;
	int stable_fd, splitter_fd, candidate_fd, chain;

	if (lock_node(LOCK_WRITER) || require_bpffs() || manifest_read(dir, &candidate) ||
	    manifest_check_object(&candidate) ||
	    stable_target(candidate.name, what, &stable, &xdp, &root))
		return -1;
	mine = manifest_xdp(&candidate);
	if (!mine || strcmp(mine->interface, xdp->interface) || mine->slot != xdp->slot)
		return fail(what,
			    text("%s is attached to slot %d of %s, and this version is for another "
				 "place",
				 candidate.name, xdp->slot, xdp->interface),
			    "give both the same interface and slot");
	if (root_split(&root, xdp->slot))
		return fail(what, "there is a split of this program already",
			    text("run 'ebpf-loader split end %s' first", candidate.name));
	if (object_load(&candidate, &root, &loaded) || object_smoke(&candidate, &loaded) ||
	    fill_maps(&candidate, &loaded) || load_splitter(&splitter, what))
		return -1;
	stable_fd = bpf_prog_get_fd_by_id(root_slot(&root, xdp->slot));
	candidate_fd = object_function(&loaded, mine->function);
	chain = bpf_map__fd(bpf_object__find_map_by_name(splitter, "chain"));
	splitter_fd = bpf_program__fd(bpf_object__next_program(splitter, NULL));
	if (stable_fd < 0 || candidate_fd < 0 || set_arm(chain, SPLIT_STABLE, stable_fd, what) ||
	    set_arm(chain, SPLIT_CANDIDATE, candidate_fd, what) ||
	    pin_splitter(splitter, split_dir(&root, xdp->slot), what))
		return -1;
	/* From here on the slot's program is the splitter, to all other verbs its stable arm. */
	if (bpf_map_update_elem(root.chain_fd, &xdp->slot, &splitter_fd, BPF_ANY)) {
		fail(what, errno_text(errno), "run it again");
		remove_tree(split_dir(&root, xdp->slot));
		return -1;
	}
	*answer = json_pack("{s:s, s:s, s:s, s:I}", "name", candidate.name, "stable",
			    stable.version, "candidate", candidate.version, "candidateId",
			    (json_int_t)root_arm(&root, xdp->slot, SPLIT_CANDIDATE));
	return 0;
}

int verb_split_end(const char *name, json_t **answer)
{
	const char *what = text("Ending the split of %s", name);
	struct target *xdp;
	struct manifest m;
	struct root root;
	bool was = false;

	if (lock_node(LOCK_WRITER) || require_bpffs())
		return -1;
	if (!valid_name(name))
		return fail(what, "that is no name of a program", "see 'ebpf-loader observe'");
	/* With the program its splitter went as well. */
	if (version_current(name)) {
		if (stable_target(name, what, &m, &xdp, &root))
			return -1;
		was = root_split(&root, xdp->slot);
		if (root_end_split(&root, xdp->slot))
			return -1;
	}
	*answer = json_pack("{s:s, s:b}", "name", name, "ended", was);
	return 0;
}
