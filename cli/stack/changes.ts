/** How many resources an operation touched. */
export interface ChangeCounts {
  created: number;
  updated: number;
  replaced: number;
  deleted: number;
  unchanged: number;
}

const counted: Record<string, keyof ChangeCounts> = {
  create: "created",
  import: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  discard: "deleted",
  same: "unchanged",
  read: "unchanged",
};

/**
 * Counts from the engine's summary event. A replaced resource counts once, as `replace`: the steps
 * `create-replacement` and `delete-replaced` are its halves.
 */
export function countChanges(summary: Readonly<Partial<Record<string, number>>>): ChangeCounts {
  const counts: ChangeCounts = { created: 0, updated: 0, replaced: 0, deleted: 0, unchanged: 0 };
  for (const [operation, count] of Object.entries(summary)) {
    const kind = counted[operation];
    if (kind !== undefined) counts[kind] += count ?? 0;
  }
  return counts;
}

/** `3 created, 0 updated, 0 replaced, 0 deleted, 12 unchanged`. */
export function changeLine(counts: ChangeCounts): string {
  return (["created", "updated", "replaced", "deleted", "unchanged"] as const)
    .map((kind) => `${counts[kind]} ${kind}`)
    .join(", ");
}

/** True when nothing but `unchanged` was counted. */
export function isUnchanged(counts: ChangeCounts): boolean {
  return counts.created + counts.updated + counts.replaced + counts.deleted === 0;
}
