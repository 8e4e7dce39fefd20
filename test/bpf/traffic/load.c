// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

/* TCP repeats a lost SYN after 1, 3 and 7 seconds: what comes back by then was late, not lost. */
#define PATIENCE 15.0

static const char request[] = "GET / HTTP/1.1\r\nHost: vip\r\nConnection: close\r\n\r\n";

struct asker {
	int fd;
	bool asked;
	double begin;
	size_t used;
	char reply[REPLY_BYTES];
};

static struct {
	struct address to;
	long wanted, begun, answered, lost, strangers, repeats;
	bool closing;
	int epoll, open;
	struct tally names, faults;
	unsigned int *micros;
	size_t room;
} run;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void record_time(double seconds)
{
	if ((size_t)run.answered >= run.room) {
		run.room = run.room ? 2 * run.room : 1 << 16;
		run.micros = realloc(run.micros, run.room * sizeof(*run.micros));
		if (!run.micros)
			die("realloc");
	}
	run.micros[run.answered++] = seconds * 1e6;
}

static bool begin(struct asker *asker);

/* Ends a request; @fault is what was wrong with it, NULL for an answer. */
static void finish(struct asker *asker, const char *fault)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	if (!getsockopt(asker->fd, IPPROTO_TCP, TCP_INFO, &info, &length))
		run.repeats += info.tcpi_total_retrans;
	close(asker->fd);
	asker->fd = -1;
	run.open--;
	if (fault) {
		run.lost++;
		count_name(&run.faults, fault);
	} else {
		record_time(now() - asker->begin);
	}
	begin(asker);
}

static bool begin(struct asker *asker)
{
	if (run.closing || (run.wanted && run.begun == run.wanted))
		return false;
	asker->fd = open_socket(&run.to);
	asker->asked = false;
	asker->used = 0;
	asker->begin = now();
	run.begun++;
	run.open++;
	if (connect(asker->fd, (struct sockaddr *)&run.to.socket, run.to.length) &&
	    errno != EINPROGRESS)
		die("connect");
	watch(run.epoll, asker->fd, EPOLLOUT, asker, false);
	return true;
}

static void ask(struct asker *asker)
{
	int error = 0;
	socklen_t length = sizeof(error);

	getsockopt(asker->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error) {
		finish(asker, strerror(error));
		return;
	}
	if (send(asker->fd, request, sizeof(request) - 1, MSG_NOSIGNAL) != sizeof(request) - 1) {
		finish(asker, strerror(errno));
		return;
	}
	asker->asked = true;
	watch(run.epoll, asker->fd, EPOLLIN, asker, true);
}

static void hear(struct asker *asker)
{
	char name[NAME_BYTES], client[NAME_BYTES], own[NAME_BYTES];
	ssize_t got = recv(asker->fd, asker->reply + asker->used, REPLY_BYTES - 1 - asker->used, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0) {
		finish(asker, strerror(errno));
		return;
	}
	asker->used += got;
	asker->reply[asker->used] = 0;
	/* The server closes after the answer: only then is it whole. */
	if (got > 0)
		return;
	if (read_reply(asker->reply, name, client) != 1) {
		finish(asker, "no whole answer");
		return;
	}
	count_name(&run.names, name);
	own_address(asker->fd, own);
	if (strcmp(own, client))
		run.strangers++;
	finish(asker, NULL);
}

static void give_up_on_late(struct asker *askers, int count)
{
	double end = now() - PATIENCE;

	for (int i = 0; i < count; i++)
		if (askers[i].fd >= 0 && askers[i].begin < end)
			finish(&askers[i], "no answer in time");
}

static int by_value(const void *a, const void *b)
{
	unsigned int one = *(const unsigned int *)a, other = *(const unsigned int *)b;

	return one < other ? -1 : one > other;
}

static unsigned int part(double share)
{
	return run.answered ? run.micros[(long)(share * (run.answered - 1))] : 0;
}

static void report(double seconds)
{
	qsort(run.micros, run.answered, sizeof(*run.micros), by_value);
	printf("{\"asked\":%ld,\"answered\":%ld,\"lost\":%ld,\"strangers\":%ld,\"repeats\":%ld,",
	       run.begun, run.answered, run.lost, run.strangers, run.repeats);
	printf("\"seconds\":%.3f,\"p50\":%u,\"p99\":%u,\"max\":%u,", seconds, part(0.5), part(0.99),
	       part(1));
	print_tally("names", &run.names);
	printf(",");
	print_tally("faults", &run.faults);
	printf("}\n");
}

int load(int count, char **words)
{
	int connections = number(words[2], 1, 10000);
	struct asker *askers = calloc(connections, sizeof(*askers));
	struct epoll_event events[64];
	double start = now(), swept = start;

	(void)count;
	run.to = read_address(words[0], number(words[1], 1, 65535));
	run.wanted = number(words[3], 0, 100000000);
	run.epoll = epoll_create1(0);
	if (!askers || run.epoll < 0)
		die("epoll_create1");
	if (!run.wanted)
		watch(run.epoll, STDIN_FILENO, EPOLLIN, NULL, false);
	puts("ready");
	for (int i = 0; i < connections; i++) {
		askers[i].fd = -1;
		begin(&askers[i]);
	}
	while (run.open) {
		int ready = epoll_wait(run.epoll, events, 64, 500);

		for (int i = 0; i < ready; i++) {
			struct asker *asker = events[i].data.ptr;

			if (!asker) {
				run.closing = true;
				epoll_ctl(run.epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
			} else if (asker->asked) {
				hear(asker);
			} else {
				ask(asker);
			}
		}
		if (now() - swept > 0.5) {
			swept = now();
			give_up_on_late(askers, connections);
		}
	}
	report(now() - start);
	return 0;
}
