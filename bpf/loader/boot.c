// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <net/if.h>
#include <time.h>

#include "apply.h"
#include "fail.h"
#include "manifest.h"
#include "paths.h"
#include "text.h"
#include "version.h"

/* Interfaces may come a little after the unit that runs this. */
static void wait_for_interfaces(const struct manifest *m, int *tenths_left)
{
	struct timespec tenth = { .tv_nsec = 100000000 };

	for (int i = 0; i < m->target_count; i++)
		while (m->targets[i].interface && !if_nametoindex(m->targets[i].interface) &&
		       *tenths_left > 0) {
			nanosleep(&tenth, NULL);
			--*tenths_left;
		}
}

int verb_boot(json_t **answer)
{
	const char **names;
	json_t *applied = json_array(), *failed = json_array();
	int count, tenths_left = 150;

	if (lock_node(LOCK_WRITER))
		return -1;
	count = list_dir(STATE_DIR, &names);
	for (int i = 0; i < count; i++) {
		const char *version = version_current(names[i]);
		json_t *one = NULL;
		struct manifest m;

		if (!version)
			continue;
		if (!manifest_read(version_dir(names[i], version), &m))
			wait_for_interfaces(&m, &tenths_left);
		fail_reset();
		if (!apply_locked(version_dir(names[i], version), &one)) {
			json_array_append_new(applied, json_string(names[i]));
			continue;
		}
		json_array_append_new(
			failed, json_pack("{s:s, s:o}", "name", names[i], "error", failure()));
		fail_reset();
	}
	*answer = json_pack("{s:o, s:o}", "applied", applied, "failed", failed);
	if (json_array_size(failed)) {
		json_t *first = json_object_get(json_array_get(failed, 0), "error");

		fail(text("Applying the programs of this node at boot: %s",
			  json_string_value(json_object_get(first, "what"))),
		     json_string_value(json_object_get(first, "cause")),
		     json_string_value(json_object_get(first, "remedy")));
		fail_detail("failed", failed);
		return -1;
	}
	return 0;
}
