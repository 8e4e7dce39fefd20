// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "traffic.h"

void die(const char *what)
{
	perror(what);
	exit(1);
}

int number(const char *word, int least, int most)
{
	char *end;
	long value = strtol(word, &end, 10);

	if (*end || end == word || value < least || value > most) {
		fprintf(stderr, "traffic: '%s' is no number from %d to %d.\n", word, least, most);
		exit(2);
	}
	return value;
}

struct address read_address(const char *host, int port)
{
	struct address address = {};
	struct sockaddr_in *four = (void *)&address.socket;
	struct sockaddr_in6 *six = (void *)&address.socket;

	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		address.length = sizeof(*four);
	} else if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		address.length = sizeof(*six);
	} else {
		fprintf(stderr, "traffic: '%s' is no address.\n", host);
		exit(2);
	}
	return address;
}

int open_socket(const struct address *address)
{
	int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

void watch(int epoll, int fd, unsigned int events, void *context, bool again)
{
	struct epoll_event event = { .events = events, .data.ptr = context };

	if (epoll_ctl(epoll, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

void count_name(struct tally *tally, const char *name)
{
	int i = 0;

	while (i < tally->used && strcmp(tally->entry[i].name, name))
		i++;
	if (i == MAX_NAMES)
		return;
	if (i == tally->used) {
		snprintf(tally->entry[i].name, NAME_BYTES, "%s", name);
		tally->used++;
	}
	tally->entry[i].count++;
}

void print_tally(const char *key, const struct tally *tally)
{
	printf("\"%s\":{", key);
	for (int i = 0; i < tally->used; i++)
		printf("%s\"%s\":%ld", i ? "," : "", tally->entry[i].name, tally->entry[i].count);
	printf("}");
}

int read_reply(const char *text, char name[NAME_BYTES], char client[NAME_BYTES])
{
	const char *body = strstr(text, "\r\n\r\n");

	if (!body || !strchr(body + 4, '\n'))
		return 0;
	if (strncmp(text, "HTTP/1.1 200 ", 13) || sscanf(body + 4, "%63s %63s", name, client) != 2)
		return -1;
	return 1;
}

void own_address(int fd, char text[NAME_BYTES])
{
	struct sockaddr_storage own;
	socklen_t length = sizeof(own);
	const void *bytes = &((struct sockaddr_in *)&own)->sin_addr;

	text[0] = 0;
	if (getsockname(fd, (struct sockaddr *)&own, &length))
		return;
	if (own.ss_family == AF_INET6)
		bytes = &((struct sockaddr_in6 *)&own)->sin6_addr;
	inet_ntop(own.ss_family, bytes, text, NAME_BYTES);
}

int main(int count, char **words)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count >= 5 && !strcmp(words[1], "serve"))
		return serve(count - 2, words + 2);
	if (count == 6 && !strcmp(words[1], "load"))
		return load(count - 2, words + 2);
	if (count == 5 && !strcmp(words[1], "hold"))
		return hold(count - 2, words + 2);
	fprintf(stderr, "usage: traffic serve NAME PORT ADDRESS...\n"
			"       traffic load ADDRESS PORT CONNECTIONS COUNT\n"
			"       traffic hold ADDRESS PORT CONNECTIONS\n");
	return 2;
}
