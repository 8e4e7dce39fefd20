/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Formatted strings that live until the process ends: the loader runs one verb
 * and exits, so nothing is freed by hand.
 */
#ifndef LOADER_TEXT_H
#define LOADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A word of the language of errors for an errno value, negative or not. */
const char *errno_text(int error);

/* Lower-case hexadecimal of size bytes. */
const char *hex_text(const void *bytes, size_t size);

/* Bytes of a hexadecimal string; false when it is not one. */
bool hex_parse(const char *hex, unsigned char **bytes, size_t *size);

#endif
