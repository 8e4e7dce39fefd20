/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Health checks of the backends of xdp_lb. One process checks all of them, decides
 * with hysteresis, and tells the data plane by the maps `health` and `detours`
 * (bpf/include/lb_maps.h), which nobody else writes.
 *
 * The configuration, written by the deployment (components/load-balancer/health.ts):
 *
 *   {"program": "lb", "vips": [{"vip": "198.18.10.100:80/tcp", "ring": 0,
 *     "intervalMs": 1000, "timeoutMs": 500, "rise": 2, "fall": 3,
 *     "backends": [{"name": "backend-1", "real": 0, "address": "198.18.10.21", "port": 80,
 *                   "http": {"path": "/", "host": "example.org"}}]}]}
 *
 * Without "http" an accepted connection is a good answer; with it, a status from 200 to 399.
 */
#ifndef LOADER_HEALTH_H
#define LOADER_HEALTH_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum check_phase { CHECK_IDLE, CHECK_CONNECTING, CHECK_READING };

struct vip;

struct backend {
	struct vip *vip;
	const char *name;
	uint32_t real;
	struct sockaddr_storage address;
	socklen_t address_size;
	const char *request; /* of an HTTP check, or NULL */

	enum check_phase phase;
	int fd;
	int64_t due;   /* of the next check; while one runs, of its end (ns, CLOCK_MONOTONIC) */
	int64_t began; /* of the running check */
	char head[16]; /* first bytes of an HTTP answer */
	size_t got;

	bool healthy;
	int streak; /* answers in a row against `healthy` */
};

struct vip {
	const char *name;
	uint32_t ring;
	int64_t interval;
	int64_t timeout;
	int rise;
	int fall;
	struct backend *backends;
	size_t count;
	bool changed; /* since the maps were written */
};

struct health {
	const char *program;
	struct vip *vips;
	size_t count;
};

/* Reads a configuration; -1 with failure(). */
int health_read(const char *path, struct health *health);

/* Counts one answer; true when it turned the backend's health. */
bool health_count(struct backend *backend, bool good);

/* The maps of a program, opened anew each time: an update may have replaced them. */
struct health_maps {
	int health, detours, rings;
};
int health_open(const char *program, struct health_maps *maps);
void health_close(struct health_maps *maps);

/* What the maps say of a backend; true where they say nothing. */
bool health_load(const struct health_maps *maps, uint32_t real);

/* Writes a VIP's detour and the health of its backends. */
int health_store(const struct health_maps *maps, const struct vip *vip);

/*
 * Runs until SIGTERM or SIGINT, and the maps stay as they are then. Prints a line on
 * standard error for each backend that turns. Fails when the maps cannot be opened or
 * written: whoever started it starts it again.
 */
int verb_health(const char *path, json_t **answer);

/* Takes every backend of a configuration for healthy. */
int verb_health_forget(const char *path, json_t **answer);

#endif
