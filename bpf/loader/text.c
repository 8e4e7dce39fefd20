// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *text(const char *format, ...)
{
	char *out = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&out, format, args) < 0)
		abort();
	va_end(args);
	return out;
}

const char *errno_text(int error)
{
	return strerror(error < 0 ? -error : error);
}

const char *hex_text(const void *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;
	char *out = malloc(2 * size + 1);

	if (!out)
		abort();
	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	out[2 * size] = '\0';
	return out;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_parse(const char *hex, unsigned char **bytes, size_t *size)
{
	size_t length = strlen(hex);
	unsigned char *out;

	if (length % 2)
		return false;
	out = malloc(length / 2 + 1);
	if (!out)
		abort();
	for (size_t i = 0; i < length / 2; i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = high << 4 | low;
	}
	*bytes = out;
	*size = length / 2;
	return true;
}
