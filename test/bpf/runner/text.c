// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runner.h"

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("runner: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(1);
}

void reply_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("{\"error\":\"", stdout);
	vprintf(format, args);
	puts("\"}");
}

void *room_for(size_t size)
{
	void *bytes = calloc(1, size ? size : 1);

	if (!bytes)
		die("out of memory for %zu bytes", size);
	return bytes;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Returns the number of bytes, or -1. */
int from_hex(const char *text, unsigned char *bytes, int room)
{
	int size = strlen(text);

	if (size % 2 || size / 2 > room)
		return -1;
	for (int i = 0; i < size / 2; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[i] = high << 4 | low;
	}
	return size / 2;
}

void print_hex(const unsigned char *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		putchar(digits[bytes[i] >> 4]);
		putchar(digits[bytes[i] & 15]);
	}
}
