/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small HTTP/1.1 server and two clients, for tests and benchmarks that need real
 * connections in larger numbers than a script can make.
 *
 *   traffic serve NAME PORT ADDRESS...
 *	Prints "ready", then answers every request with "NAME CLIENT-ADDRESS\n", until its
 *	standard input is closed.
 *   traffic load ADDRESS PORT CONNECTIONS COUNT
 *	So many requests, each on a connection of its own, so many at a time; COUNT 0: until
 *	standard input is closed. Prints "ready" before the first and one line of JSON after
 *	the last.
 *   traffic hold ADDRESS PORT CONNECTIONS
 *	Opens so many connections and keeps them; each line on standard input is one more
 *	request on every connection, and is answered with one line of JSON.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define MAX_NAMES   64
#define NAME_BYTES  64
#define REPLY_BYTES 512

struct address {
	struct sockaddr_storage socket;
	socklen_t length;
};

/* How often each name answered. */
struct tally {
	struct {
		char name[NAME_BYTES];
		long count;
	} entry[MAX_NAMES];
	int used;
};

/* Ends the process with a sentence. */
void die(const char *what) __attribute__((noreturn));
int number(const char *word, int least, int most);
struct address read_address(const char *host, int port);
/* A non-blocking socket, as accept4 gives it. */
int open_socket(const struct address *address);
void watch(int epoll, int fd, unsigned int events, void *context, bool again);
void count_name(struct tally *tally, const char *name);
void print_tally(const char *key, const struct tally *tally);
/*
 * The reply's body as two words, when the reply is whole: 1; -1 when it is no answer of
 * ours; 0 when more must come. @text is closed by a zero.
 */
int read_reply(const char *text, char name[NAME_BYTES], char client[NAME_BYTES]);
void own_address(int fd, char text[NAME_BYTES]);

int serve(int count, char **words);
int load(int count, char **words);
int hold(int count, char **words);

#endif
