// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "manifest.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <sha2.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "fail.h"
#include "hooks.h"
#include "paths.h"
#include "text.h"

static const char *const hook_names[] = {
	[HOOK_XDP] = "xdp",	      [HOOK_TC] = "tc",		[HOOK_TRACEPOINT] = "tracepoint",
	[HOOK_RAW_TP] = "raw_tp",     [HOOK_KPROBE] = "kprobe", [HOOK_CGROUP] = "cgroup",
	[HOOK_SOCK_OPS] = "sock_ops", [HOOK_LSM] = "lsm",	[HOOK_UPROBE] = "uprobe",
};

static const char *const mode_names[] = {
	[MODE_AUTO] = "auto",
	[MODE_NATIVE] = "native",
	[MODE_GENERIC] = "generic",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *hook_name(enum hook hook)
{
	return hook_names[hook];
}

const char *mode_name(enum xdp_mode mode)
{
	return mode_names[mode];
}

static int wrong(const char *dir, const char *cause)
{
	return fail(text("Reading %s/manifest.json", dir), cause,
		    "write the manifest again with the same release of this project as the loader");
}

static int index_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int hook_number(const char *name)
{
	return index_of(hook_names, COUNT(hook_names), name);
}

/* Pins hold letters, digits, '_' and '-'; everything else of a target's name becomes '_'. */
static const char *target_key(const struct target *target)
{
	char *key = strdup(text("%s_%s_%s", target->function,
				hook_name(target->hook),
				target->interface ? target->interface :
				target->where	  ? target->where :
						    "all"));

	if (target->hook == HOOK_TC)
		key = strdup(text("%s_%s", key, target->egress ? "egress" : "ingress"));
	for (char *c = key; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			*c = '_';
	return key;
}

static int read_target(const char *dir, json_t *program, struct target *target)
{
	const char *hook = NULL, *mode = "native", *direction = "ingress";
	int number;

	target->slot = -1;
	if (json_unpack(program, "{s:s, s:{s:s, s?s, s?i, s?s, s?s, s?s}}", "function",
			&target->function, "attach", "hook", &hook, "interface", &target->interface,
			"slot", &target->slot, "mode", &mode, "direction", &direction, "target",
			&target->where))
		return wrong(dir, "a program needs a function and attach.hook");
	number = hook_number(hook);
	if (number < 0)
		return wrong(dir, text("the hook '%s' is unknown", hook));
	target->hook = number;
	number = index_of(mode_names, COUNT(mode_names), mode);
	if (number < 0)
		return wrong(dir, text("the XDP mode '%s' is unknown", mode));
	target->mode = number;
	target->egress = !strcmp(direction, "egress");
	if ((target->hook == HOOK_XDP || target->hook == HOOK_TC) &&
	    (!target->interface || !*target->interface || strlen(target->interface) >= IFNAMSIZ ||
	     strchr(target->interface, '/')))
		return wrong(dir, text("the hook '%s' needs the name of an interface", hook));
	if (target->hook == HOOK_XDP && (target->slot < 0 || target->slot >= CHAIN_SLOTS))
		return wrong(dir, "an XDP program needs a slot from 0 to 7");
	if (target->hook != HOOK_XDP && target->hook != HOOK_TC && target->hook != HOOK_LSM &&
	    !target->where)
		return wrong(dir, text("the hook '%s' needs a target", hook));
	target->key = target_key(target);
	return 0;
}

static int check_shape(struct manifest *m)
{
	int xdp = 0;

	if (!valid_name(m->name))
		return wrong(m->dir, text("'%s' is no name of a program", m->name));
	if (!valid_version(m->version))
		return wrong(m->dir,
			     text("'%s' is no version (twelve hexadecimal digits)", m->version));
	for (int i = 0; i < m->target_count; i++)
		xdp += m->targets[i].hook == HOOK_XDP;
	if (xdp > 1)
		return wrong(m->dir, "one object fills one XDP slot, because slot and chain are "
				     "one each in an object");
	return 0;
}

int manifest_read(const char *dir, struct manifest *m)
{
	const char *path = text("%s/manifest.json", dir);
	json_error_t error;
	json_t *programs, *program, *root;
	int schema = 0, takeover = 0;
	size_t i;

	memset(m, 0, sizeof(*m));
	m->dir = dir;
	m->object_path = text("%s/prog.bpf.o", dir);
	if (!path_exists(path))
		return fail(text("Reading %s", path), errno_text(errno),
			    "give the folder of one version, with manifest.json and prog.bpf.o");
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return wrong(dir, text("line %d: %s", error.line, error.text));
	if (json_unpack(root, "{s:i, s:s, s:s, s:s, s:o, s?o, s?o, s?o, s?b, s?i}", "schema",
			&schema, "name", &m->name, "version", &m->version, "objectSha256",
			&m->object_sha256, "programs", &programs, "constants", &m->constants,
			"maps", &m->maps, "smoke", &m->smoke, "takeover", &takeover,
			"healthSeconds", &m->health_seconds))
		return wrong(dir, "schema, name, version, objectSha256 or programs is missing or "
				  "of a wrong type");
	if (schema != MANIFEST_SCHEMA)
		return wrong(dir, text("schema %d is not the %d of this loader", schema,
				       MANIFEST_SCHEMA));
	m->takeover = takeover;
	if (!json_is_array(programs) || !json_array_size(programs) ||
	    json_array_size(programs) > MAX_TARGETS)
		return wrong(dir, "programs must list 1 to 16 entries");
	json_array_foreach(programs, i, program)
	{
		if (read_target(dir, program, &m->targets[i]))
			return -1;
		m->target_count++;
	}
	return check_shape(m);
}

struct target *manifest_xdp(struct manifest *manifest)
{
	for (int i = 0; i < manifest->target_count; i++)
		if (manifest->targets[i].hook == HOOK_XDP)
			return &manifest->targets[i];
	return NULL;
}

const char *bytes_sha256(const void *bytes, size_t size)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, bytes, size);
	SHA256Final(digest, &context);
	return hex_text(digest, sizeof(digest));
}

const char *file_sha256(const char *path)
{
	size_t size;
	char *bytes = read_file(path, &size);

	return bytes ? bytes_sha256(bytes, size) : NULL;
}

int manifest_check_object(const struct manifest *m)
{
	const char *found = file_sha256(m->object_path);
	const char *what = text("Checking %s", m->object_path);

	if (!found)
		return fail(what, errno_text(errno), "send the object to the node again");
	if (strcmp(found, m->object_sha256))
		return fail(
			what,
			text("its SHA-256 is %s, the manifest states %s", found, m->object_sha256),
			"send the object to the node again; nothing was loaded");
	return 0;
}
