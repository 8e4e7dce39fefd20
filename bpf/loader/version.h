/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Versions on disk and in bpffs: current, previous, and what is left of older ones. */
#ifndef LOADER_VERSION_H
#define LOADER_VERSION_H

#include "manifest.h"
#include "object.h"

/* Folder of a version's files, and of its pins. */
const char *version_dir(const char *name, const char *version);
const char *version_pins(const char *name, const char *version);

/* Version that `current` or `previous` points at, or NULL. */
const char *version_current(const char *name);
const char *version_previous(const char *name);

/* Pins programs and maps of a loaded version, replacing an earlier load of the same version. */
int version_pin(const struct manifest *manifest, const struct loaded *loaded);

/* Makes the version current; what was current becomes previous. */
int version_record(const struct manifest *manifest);

/* Removes files and pins of versions that are neither current nor previous. */
int version_collect(const char *name);

/* The same for pins alone: after a failure, when the files are still the caller's. */
int version_collect_pins(const char *name);

/* Half-made pins of an apply that was killed. */
int version_sweep(const char *name);

#endif
