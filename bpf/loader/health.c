// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* One process, one epoll: connections that are asked for and end by their deadline. */
#include "health.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "text.h"

#define MAX_EVENTS 64
/* "HTTP/1.1 200" */
#define STATUS_BYTES 12

/* How often the maps are written although nothing turned: an update may have replaced them. */
#define REFRESH_NS 5000000000LL

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void say(const struct backend *backend, const char *reason)
{
	fprintf(stderr, "%s: %s is %s (%s)\n", backend->vip->name, backend->name,
		backend->healthy ? "healthy" : "sick", reason);
}

/* Ends the running check with an answer, and sets when the next one begins. */
static void end_check(struct backend *backend, bool good, const char *reason)
{
	if (backend->fd >= 0)
		close(backend->fd);
	backend->fd = -1;
	backend->phase = CHECK_IDLE;
	backend->due = backend->began + backend->vip->interval;
	if (!health_count(backend, good))
		return;
	backend->vip->changed = true;
	say(backend, reason);
}

static void begin_check(struct backend *backend, int epoll, int64_t now)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = backend };

	backend->began = now;
	backend->due = now + backend->vip->timeout;
	backend->got = 0;
	backend->fd = socket(backend->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			     0);
	if (backend->fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, backend->fd, &event)) {
		/* This node's fault, which says nothing of the backend. */
		fprintf(stderr, "%s: %s could not be checked: %s\n", backend->vip->name,
			backend->name, strerror(errno));
		if (backend->fd >= 0)
			close(backend->fd);
		backend->fd = -1;
		backend->due = now + backend->vip->interval;
		return;
	}
	backend->phase = CHECK_CONNECTING;
	if (connect(backend->fd, (struct sockaddr *)&backend->address, backend->address_size) &&
	    errno != EINPROGRESS)
		end_check(backend, false, strerror(errno));
}

static void send_request(struct backend *backend, int epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = backend };
	size_t size = strlen(backend->request);

	/* A fresh connection has room for all of it. */
	if (send(backend->fd, backend->request, size, MSG_NOSIGNAL) != (ssize_t)size ||
	    epoll_ctl(epoll, EPOLL_CTL_MOD, backend->fd, &event))
		return end_check(backend, false, "the request could not be sent");
	backend->phase = CHECK_READING;
}

static void connected(struct backend *backend, int epoll)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(backend->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error)
		end_check(backend, false, strerror(error));
	else if (backend->request)
		send_request(backend, epoll);
	else
		end_check(backend, true, "it accepts connections");
}

static void read_answer(struct backend *backend)
{
	ssize_t got = recv(backend->fd, backend->head + backend->got, STATUS_BYTES - backend->got,
			   0);
	char reason[32];

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		return end_check(backend, false, "it closed the connection without an answer");
	backend->got += got;
	if (backend->got < STATUS_BYTES)
		return;
	backend->head[STATUS_BYTES] = 0;
	if (strncmp(backend->head, "HTTP/1.", 7))
		return end_check(backend, false, "its answer is not HTTP");
	snprintf(reason, sizeof(reason), "it answers %s", backend->head + 9);
	end_check(backend, backend->head[9] == '2' || backend->head[9] == '3', reason);
}

static void handle(struct backend *backend, int epoll)
{
	if (backend->phase == CHECK_CONNECTING)
		connected(backend, epoll);
	else if (backend->phase == CHECK_READING)
		read_answer(backend);
}

/* Starts and ends what is due; the time of what is due next. */
static int64_t turn(struct health *health, int epoll, int64_t now)
{
	int64_t next = now + REFRESH_NS;

	for (size_t i = 0; i < health->count; i++) {
		for (size_t j = 0; j < health->vips[i].count; j++) {
			struct backend *backend = &health->vips[i].backends[j];

			if (backend->due <= now && backend->phase != CHECK_IDLE)
				end_check(backend, false, "no answer in time");
			if (backend->due <= now)
				begin_check(backend, epoll, now);
			if (backend->due < next)
				next = backend->due;
		}
	}
	return next;
}

static int store(struct health *health, bool all)
{
	struct health_maps maps;
	bool any = all;
	int result = 0;

	for (size_t i = 0; i < health->count; i++)
		any = any || health->vips[i].changed;
	if (!any)
		return 0;
	if (health_open(health->program, &maps))
		return -1;
	for (size_t i = 0; i < health->count && !result; i++) {
		struct vip *vip = &health->vips[i];

		if (all || vip->changed)
			result = health_store(&maps, vip);
		vip->changed = false;
	}
	health_close(&maps);
	return result;
}

/* A restart of this process brings no sick backend back, and checks are spread over the interval.
 */
static int begin(struct health *health, int64_t now)
{
	struct health_maps maps;

	if (health_open(health->program, &maps))
		return -1;
	for (size_t i = 0; i < health->count; i++) {
		struct vip *vip = &health->vips[i];

		for (size_t j = 0; j < vip->count; j++) {
			vip->backends[j].healthy = health_load(&maps, vip->backends[j].real);
			vip->backends[j].due = now +
					       vip->interval * (int64_t)j / (int64_t)vip->count;
		}
	}
	health_close(&maps);
	return 0;
}

int verb_health(const char *path, json_t **answer)
{
	struct health health;
	struct epoll_event events[MAX_EVENTS], signals = { .events = EPOLLIN };
	sigset_t ends;
	int epoll = epoll_create1(EPOLL_CLOEXEC), signal_fd;
	int64_t stored = 0;

	if (health_read(path, &health))
		return -1;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (epoll < 0 || signal_fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, signal_fd, &signals))
		return fail("Beginning the health checks", errno_text(errno),
			    "check the limit of open files");
	if (begin(&health, now_ns()))
		return -1;
	for (;;) {
		int64_t now = now_ns(), next = turn(&health, epoll, now);
		bool all = now - stored >= REFRESH_NS;
		int count;

		if (store(&health, all))
			return -1;
		if (all)
			stored = now;
		now = now_ns();
		count = epoll_wait(epoll, events, MAX_EVENTS,
				   next > now ? (int)((next - now) / 1000000) + 1 : 0);
		for (int i = 0; i < count; i++) {
			if (!events[i].data.ptr) {
				*answer = json_pack("{s:s}", "ended", "signal");
				return 0;
			}
			handle(events[i].data.ptr, epoll);
		}
	}
}

int verb_health_forget(const char *path, json_t **answer)
{
	struct health health;

	if (health_read(path, &health))
		return -1;
	for (size_t i = 0; i < health.count; i++)
		for (size_t j = 0; j < health.vips[i].count; j++)
			health.vips[i].backends[j].healthy = true;
	if (store(&health, true))
		return -1;
	*answer = json_pack("{s:i}", "forgotten", (int)health.count);
	return 0;
}
