// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <arpa/inet.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "health.h"
#include "lb_maps.h"
#include "manifest.h"
#include "paths.h"
#include "text.h"

#define MS 1000000LL

static int wrong(const char *path, const char *cause)
{
	return fail(text("Reading the health checks in %s", path), cause,
		    "repeat the deployment that writes this file");
}

static bool read_address(const char *address, int port, struct backend *backend)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&backend->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&backend->address;

	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		backend->address_size = sizeof(*v4);
		return true;
	}
	if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		backend->address_size = sizeof(*v6);
		return true;
	}
	return false;
}

static int read_backend(const char *path, json_t *from, struct vip *vip, struct backend *backend)
{
	const char *name, *address, *http_path = NULL, *host = NULL;
	int real, port;
	json_error_t error;

	if (json_unpack_ex(from, &error, JSON_STRICT, "{s:s, s:i, s:s, s:i, s?{s:s, s:s !}}",
			   "name", &name, "real", &real, "address", &address, "port", &port, "http",
			   "path", &http_path, "host", &host))
		return wrong(path, text("a backend is wrong: %s", error.text));
	*backend = (struct backend){ .vip = vip, .name = name, .real = real, .fd = -1 };
	if (real < 0 || real >= LB_MAX_REALS || port < 1 || port > 65535 ||
	    !read_address(address, port, backend))
		return wrong(path, text("the number, address or port of backend %s is none", name));
	if (http_path)
		backend->request = text("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: "
					"ebpf-platform-health\r\nConnection: close\r\n\r\n",
					http_path, host);
	return 0;
}

static int read_vip(const char *path, json_t *from, struct vip *vip)
{
	json_t *backends, *one;
	json_error_t error;
	int ring, interval, timeout;
	size_t i;

	if (json_unpack_ex(from, &error, JSON_STRICT, "{s:s, s:i, s:i, s:i, s:i, s:i, s:o}", "vip",
			   &vip->name, "ring", &ring, "intervalMs", &interval, "timeoutMs",
			   &timeout, "rise", &vip->rise, "fall", &vip->fall, "backends", &backends))
		return wrong(path, text("a VIP is wrong: %s", error.text));
	if (ring < 0 || ring >= LB_MAX_RINGS || interval < 10 || timeout < 1 ||
	    timeout > interval || vip->rise < 1 || vip->fall < 1 || !json_is_array(backends))
		return wrong(path, text("a number of VIP %s is out of its range", vip->name));
	vip->ring = ring;
	vip->interval = interval * MS;
	vip->timeout = timeout * MS;
	vip->count = json_array_size(backends);
	vip->backends = calloc(vip->count, sizeof(*vip->backends));
	json_array_foreach(backends, i,
			   one) if (read_backend(path, one, vip, &vip->backends[i])) return -1;
	return 0;
}

int health_read(const char *path, struct health *health)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *vips, *one;
	size_t i;

	if (!root)
		return wrong(path, text("it is no JSON document: %s", error.text));
	if (json_unpack_ex(root, &error, JSON_STRICT, "{s:s, s:o}", "program", &health->program,
			   "vips", &vips))
		return wrong(path, error.text);
	if (!valid_name(health->program) || !json_is_array(vips))
		return wrong(path, "it names no program, or no list of VIPs");
	health->count = json_array_size(vips);
	health->vips = calloc(health->count, sizeof(*health->vips));
	json_array_foreach(vips, i, one) if (read_vip(path, one, &health->vips[i])) return -1;
	return 0;
}

bool health_count(struct backend *backend, bool good)
{
	int enough = good ? backend->vip->rise : backend->vip->fall;

	backend->streak = good == backend->healthy ? 0 : backend->streak + 1;
	if (backend->streak < enough)
		return false;
	backend->healthy = good;
	backend->streak = 0;
	return true;
}
