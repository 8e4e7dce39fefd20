// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The detour of a ring: its slots, with a healthy backend wherever the ring has a sick
 * one. Which one is found by walking on from the slot with the data plane's own hash
 * (lb_hash.bpf.h), so that backends inherit by their weights, and another backend
 * that falls sick moves nothing but what it held.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "health.h"
#include "lb_maps.h"
#include "paths.h"
#include "text.h"

/* With one healthy backend of a thousand, a walk of this length misses it with p = 1e-7. */
#define WALK 16384

static int open_pin(const char *program, const char *map)
{
	char path[256];
	int fd;

	/* Not text(): this runs for months. */
	snprintf(path, sizeof(path), PIN_DIR "/%s/maps/%s", program, map);
	fd = bpf_obj_get(path);
	if (fd < 0)
		fail(text("Opening the map %s of %s for health checks", map, program),
		     errno_text(errno), "see 'ebpf-loader observe' whether the program runs");
	return fd;
}

int health_open(const char *program, struct health_maps *maps)
{
	maps->health = open_pin(program, "health");
	maps->detours = open_pin(program, "detours");
	maps->rings = open_pin(program, "rings");
	if (maps->health >= 0 && maps->detours >= 0 && maps->rings >= 0)
		return 0;
	health_close(maps);
	return -1;
}

void health_close(struct health_maps *maps)
{
	if (maps->health >= 0)
		close(maps->health);
	if (maps->detours >= 0)
		close(maps->detours);
	if (maps->rings >= 0)
		close(maps->rings);
}

bool health_load(const struct health_maps *maps, uint32_t real)
{
	__u8 found;

	return bpf_map_lookup_elem(maps->health, &real, &found) || found != LB_SICK;
}

static __u64 mix(__u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static __u16 inherit(const struct lb_ring *ring, const bool *sick, __u32 slot)
{
	__u64 hash = slot;

	for (int step = 0; step < WALK; step++) {
		__u16 real;

		hash = mix(hash + 1);
		real = ring->real[(__u64)(__u32)hash * LB_RING_SIZE >> 32];
		if (real < LB_MAX_REALS && !sick[real])
			return real;
	}
	return LB_NO_REAL;
}

/* The ring's present contents; false when the deployment has not written it (yet). */
static bool read_ring(int rings, __u32 id, struct lb_ring *ring)
{
	__u32 zero = 0, inner;
	int fd;
	bool there;

	if (bpf_map_lookup_elem(rings, &id, &inner))
		return false;
	fd = bpf_map_get_fd_by_id(inner);
	there = fd >= 0 && !bpf_map_lookup_elem(fd, &zero, ring);
	if (fd >= 0)
		close(fd);
	return there;
}

static int write_detour(const struct health_maps *maps, const struct vip *vip, const bool *sick)
{
	static struct lb_ring ring, detour;
	__u32 zero = 0;
	int fd, result;

	if (!read_ring(maps->rings, vip->ring, &ring))
		return 0;
	detour = ring;
	for (__u32 slot = 0; slot < LB_RING_SIZE; slot++)
		if (ring.real[slot] < LB_MAX_REALS && sick[ring.real[slot]])
			detour.real[slot] = inherit(&ring, sick, slot);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "detour", sizeof(zero), sizeof(detour), 1, NULL);
	if (fd < 0)
		return fail(text("Making the detour of %s", vip->name), errno_text(errno),
			    "check the node's free memory");
	result = bpf_map_update_elem(fd, &zero, &detour, BPF_ANY) ||
		 bpf_map_update_elem(maps->detours, &vip->ring, &fd, BPF_ANY);
	if (result)
		fail(text("Writing the detour of %s", vip->name), errno_text(errno),
		     "see 'ebpf-loader observe' whether the program runs");
	close(fd);
	return result;
}

static int write_health(const struct health_maps *maps, const struct vip *vip, const bool *sick)
{
	for (size_t i = 0; i < vip->count; i++) {
		__u32 real = vip->backends[i].real;
		__u8 value = sick[real] ? LB_SICK : LB_HEALTHY;

		if (bpf_map_update_elem(maps->health, &real, &value, BPF_ANY))
			return fail(text("Writing the health of %s", vip->backends[i].name),
				    errno_text(errno),
				    "see 'ebpf-loader observe' whether the program runs");
	}
	return 0;
}

int health_store(const struct health_maps *maps, const struct vip *vip)
{
	static bool sick[LB_MAX_REALS];
	size_t count = 0;

	memset(sick, 0, sizeof(sick));
	for (size_t i = 0; i < vip->count; i++) {
		sick[vip->backends[i].real] = !vip->backends[i].healthy;
		count += !vip->backends[i].healthy;
	}
	/* When all are sick the checks are more likely wrong than the backends: none is left out.
	 */
	if (count == vip->count) {
		memset(sick, 0, sizeof(sick));
		count = 0;
	}
	if (count && write_detour(maps, vip, sick))
		return -1;
	if (write_health(maps, vip, sick))
		return -1;
	if (!count && bpf_map_delete_elem(maps->detours, &vip->ring) && errno != ENOENT)
		return fail(text("Removing the detour of %s", vip->name), errno_text(errno),
			    "see 'ebpf-loader observe' whether the program runs");
	return 0;
}
