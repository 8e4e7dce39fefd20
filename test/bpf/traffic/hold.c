// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "traffic.h"

static const char request[] = "GET / HTTP/1.1\r\nHost: vip\r\n\r\n";
static const struct timeval patience = { .tv_sec = 10 };

struct line {
	int fd; /* -1: broken */
	char name[NAME_BYTES];
};

/* One request on a connection; false when it is broken. */
static bool ask(struct line *line, char name[NAME_BYTES])
{
	char reply[REPLY_BYTES], client[NAME_BYTES];
	size_t used = 0;
	int whole = 0;

	if (send(line->fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0)
		return false;
	while (!whole) {
		ssize_t got = recv(line->fd, reply + used, sizeof(reply) - 1 - used, 0);

		if (got <= 0)
			return false;
		used += got;
		reply[used] = 0;
		whole = read_reply(reply, name, client);
	}
	return whole == 1;
}

static void ask_all(struct line *lines, int count)
{
	struct tally names = {};
	char name[NAME_BYTES];
	int moved = 0, broken = 0;

	for (int i = 0; i < count; i++) {
		struct line *line = &lines[i];

		if (line->fd < 0 || !ask(line, name)) {
			if (line->fd >= 0)
				close(line->fd);
			line->fd = -1;
			broken++;
			continue;
		}
		if (line->name[0] && strcmp(line->name, name))
			moved++;
		memcpy(line->name, name, NAME_BYTES);
		count_name(&names, name);
	}
	printf("{\"broken\":%d,\"moved\":%d,", broken, moved);
	print_tally("names", &names);
	printf("}\n");
}

int hold(int count, char **words)
{
	struct address to = read_address(words[0], number(words[1], 1, 65535));
	int connections = number(words[2], 1, 10000);
	struct line *lines = calloc(connections, sizeof(*lines));
	char word[NAME_BYTES];

	(void)count;
	if (!lines)
		die("calloc");
	for (int i = 0; i < connections; i++) {
		int fd = socket(to.socket.ss_family, SOCK_STREAM, 0);

		lines[i].fd = fd;
		if (fd < 0)
			die("socket");
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (connect(fd, (struct sockaddr *)&to.socket, to.length))
			die("connect");
	}
	puts("ready");
	while (fgets(word, sizeof(word), stdin))
		ask_all(lines, connections);
	return 0;
}
