/** What a release lock pins. An absent list means that there is no lock to compare with (`release: workspace`). */
export interface ReleaseFacts {
  /** Why the lock that the config names cannot be used; undefined when all is well. */
  readonly problem?: string;
  readonly imageDigests?: readonly string[];
  readonly charts?: readonly PinnedChart[];
  readonly k3s?: { readonly version: string; readonly sha256: readonly string[] };
  /** SHA-256 of each BPF object. */
  readonly bpfObjects?: readonly string[];
  /** SHA-256 of each BPF object whose audit has passed in the stage before. */
  readonly auditedObjects?: readonly string[];
}

export interface PinnedChart {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the chart's .tgz. */
  readonly sha256: string;
}
