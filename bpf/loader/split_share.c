// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The share of a split: read, set, taken back. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "kernel.h"
#include "paths.h"
#include "split.h"
#include "text.h"
#include "version.h"

#include "../include/lb_maps.h"
#include "../include/split_maps.h"

#define SECOND 1000000000ULL
/* Whoever renews a lease does so within an hour. */
#define LONGEST_LEASE 3600

/* A target's map, opened: of a program's splitter, or of a load balancer's VIPs. */
struct place {
	const char *name;
	bool backends; /* NAME/VIP */
	__u32 vip;
	const char *dir; /* pins of the splitter or of the balancer's maps */
	int map;	 /* -1: there is no split */
};

static __u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

static bool read_number(const char *word, unsigned long most, __u32 *number)
{
	char *end;
	unsigned long found = strtoul(word, &end, 10);

	*number = found;
	return *word >= '0' && *word <= '9' && !*end && found <= most;
}

static const char *splitter_of(const char *name)
{
	const char *version = version_current(name);
	struct target *xdp;
	struct manifest m;
	struct root root;

	if (!version)
		return NULL;
	if (manifest_read(version_dir(name, version), &m)) {
		fail_reset();
		return NULL;
	}
	xdp = manifest_xdp(&m);
	if (!xdp || root_open(xdp->interface, &root) || !root_split(&root, xdp->slot))
		return NULL;
	return split_dir(&root, xdp->slot);
}

static int find(const char *target, struct place *place)
{
	const char *slash = strchr(target, '/');
	const char *what = text("Looking for the split %s", target);

	*place = (struct place){ .name = slash ? text("%.*s", (int)(slash - target), target)
					       : target,
				 .backends = slash,
				 .map = -1 };
	if (!valid_name(place->name) ||
	    (slash && !read_number(slash + 1, LB_MAX_VIPS - 1, &place->vip)))
		return fail(
			what, "that is neither NAME nor NAME/VIP",
			"write a program's name, or a load balancer's name and the index of a VIP");
	if (require_bpffs())
		return -1;
	place->dir = slash ? text(PIN_DIR "/%s/maps", place->name) : splitter_of(place->name);
	if (place->dir)
		place->map = bpf_obj_get(text("%s/%s", place->dir, slash ? "splits" : "share"));
	return 0;
}

static int missing(const struct place *place, const char *target)
{
	return fail(text("Setting the dose of %s", target), "there is no split",
		    place->backends
			    ? "apply the load balancer first"
			    : text("run 'ebpf-loader split start' with a version of %s first",
				   place->name));
}

/* The VIP's candidates have a ring of their own, which the load balancer's deployment writes. */
static bool has_candidates(const struct place *place, __u32 ring)
{
	int rings = bpf_obj_get(text("%s/rings", place->dir));
	__u32 inner;
	bool found = rings >= 0 && !bpf_map_lookup_elem(rings, &ring, &inner);

	if (rings >= 0)
		close(rings);
	return found;
}

static int write_backends(const struct place *place, __u32 dose, __u64 lease)
{
	struct lb_split split = { .dose = dose,
				  .ring = LB_CANDIDATE_RING(place->vip),
				  .lease = lease };

	if (dose && !has_candidates(place, split.ring))
		return fail(text("Setting the dose of VIP %u of %s", place->vip, place->name),
			    "the VIP has no candidate backends",
			    "mark backends with candidate: true in loadBalancer.vips");
	if (!dose)
		memset(&split, 0, sizeof(split));
	return bpf_map_update_elem(place->map, &place->vip, &split, BPF_ANY)
		       ? fail(text("Writing the split of VIP %u of %s", place->vip, place->name),
			      errno_text(errno), "run it again")
		       : 0;
}

/* A share that ended, by a brake or by its lease, does not get its old flows back. */
static int write_program(const struct place *place, __u32 dose, __u64 lease)
{
	struct split_share share = {};
	__u32 zero = 0;
	bool held;

	bpf_map_lookup_elem(place->map, &zero, &share);
	held = share.dose && now() < share.lease;
	if (!dose || !held)
		share.generation++;
	share.dose = dose;
	share.lease = dose ? lease : 0;
	return bpf_map_update_elem(place->map, &zero, &share, BPF_ANY)
		       ? fail(text("Writing the split of %s", place->name), errno_text(errno),
			      "run it again")
		       : 0;
}

static int write_share(const struct place *place, __u32 dose, __u64 lease)
{
	return place->backends ? write_backends(place, dose, lease)
			       : write_program(place, dose, lease);
}

static json_t *share_facts(const struct place *place, const char *target)
{
	struct split_share share = {};
	struct lb_split split = {};
	__u32 zero = 0;
	__u64 time = now(), lease;
	bool holds;

	if (place->map >= 0 && place->backends)
		bpf_map_lookup_elem(place->map, &place->vip, &split);
	else if (place->map >= 0)
		bpf_map_lookup_elem(place->map, &zero, &share);
	lease = place->backends ? split.lease : share.lease;
	holds = (split.dose || share.dose) && time < lease;
	return json_pack("{s:s, s:b, s:I, s:f}", "target", target, "present", place->map >= 0,
			 "dose", (json_int_t)(holds ? split.dose + share.dose : 0), "leaseSeconds",
			 holds ? (double)(lease - time) / SECOND : 0.0);
}

int verb_split_dose(const char *target, const char *dose, const char *seconds, json_t **answer)
{
	struct place place;
	__u32 share, lease;

	if (!read_number(dose, SPLIT_WHOLE, &share) ||
	    !read_number(seconds, LONGEST_LEASE, &lease) || !lease)
		return fail(
			text("Setting the dose of %s", target),
			text("%s of 10000 for %s seconds is no share with a lease", dose, seconds),
			"write a dose of 0 to 10000 and a lease of 1 to 3600 seconds");
	if (find(target, &place))
		return -1;
	if (place.map < 0)
		return missing(&place, target);
	if (write_share(&place, share, now() + lease * SECOND))
		return -1;
	*answer = share_facts(&place, target);
	return 0;
}

int verb_split_brake(const char *target, json_t **answer)
{
	struct place place;

	if (find(target, &place) || (place.map >= 0 && write_share(&place, 0, 0)))
		return -1;
	*answer = share_facts(&place, target);
	return 0;
}

static __u64 packets_of(int map, __u32 arm)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *values = calloc(cpus > 0 ? cpus : 1, sizeof(*values)), sum = 0;

	if (!values)
		abort();
	if (cpus > 0 && !bpf_map_lookup_elem(map, &arm, values))
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += values[cpu];
	free(values);
	return sum;
}

int verb_split_show(const char *target, json_t **answer)
{
	struct place place;
	int packets;

	if (find(target, &place))
		return -1;
	*answer = share_facts(&place, target);
	if (place.backends || place.map < 0)
		return 0;
	packets = bpf_obj_get(text("%s/packets", place.dir));
	json_object_set_new(*answer, "stablePackets",
			    json_integer(packets_of(packets, SPLIT_STABLE)));
	json_object_set_new(*answer, "candidatePackets",
			    json_integer(packets_of(packets, SPLIT_CANDIDATE)));
	return 0;
}
