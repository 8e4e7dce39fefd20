// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "traffic.h"

#define REQUEST_BYTES 512

/* A listening socket, or a connection with what it has said so far. */
struct place {
	int fd;
	bool listens;
	size_t used;
	char client[NAME_BYTES];
	char request[REQUEST_BYTES];
};

static int epoll;
static const char *own_name;

static struct place *new_place(int fd, bool listens)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		die("calloc");
	place->fd = fd;
	place->listens = listens;
	watch(epoll, fd, EPOLLIN, place, false);
	return place;
}

static void leave(struct place *place)
{
	close(place->fd);
	free(place);
}

static void greet(struct place *listener)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	int fd = accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK);
	const void *bytes = &((struct sockaddr_in *)&peer)->sin_addr;
	struct place *place;

	/* It gave up while it waited. */
	if (fd < 0)
		return;
	place = new_place(fd, false);
	if (peer.ss_family == AF_INET6)
		bytes = &((struct sockaddr_in6 *)&peer)->sin6_addr;
	inet_ntop(peer.ss_family, bytes, place->client, NAME_BYTES);
}

static bool reply(struct place *place)
{
	bool last = strstr(place->request, "Connection: close") != NULL;
	char body[2 * NAME_BYTES + 2], text[REPLY_BYTES];
	int length, body_length;

	body_length = snprintf(body, sizeof(body), "%s %s\n", own_name, place->client);
	length = snprintf(text, sizeof(text),
			  "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s",
			  body_length, last ? "close" : "keep-alive", body);
	place->used = 0;
	return send(place->fd, text, length, MSG_NOSIGNAL) == length && !last;
}

static void listen_to(struct place *place)
{
	ssize_t got = recv(place->fd, place->request + place->used,
			   REQUEST_BYTES - 1 - place->used, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		leave(place);
		return;
	}
	place->used += got;
	place->request[place->used] = 0;
	if (strstr(place->request, "\r\n\r\n") && !reply(place))
		leave(place);
	else if (place->used == REQUEST_BYTES - 1)
		leave(place);
}

int serve(int count, char **words)
{
	int port = number(words[1], 1, 65535), on = 1;
	struct epoll_event events[64];

	own_name = words[0];
	epoll = epoll_create1(0);
	watch(epoll, STDIN_FILENO, EPOLLIN, NULL, false);
	for (int i = 2; i < count; i++) {
		struct address address = read_address(words[i], port);
		int fd = open_socket(&address);

		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, (struct sockaddr *)&address.socket, address.length) ||
		    listen(fd, 4096))
			die("bind");
		new_place(fd, true);
	}
	puts("ready");
	for (;;) {
		int ready = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < ready; i++) {
			struct place *place = events[i].data.ptr;

			if (!place)
				return 0;
			if (place->listens)
				greet(place);
			else
				listen_to(place);
		}
	}
}
