import { nameHash } from "./maglev";

/**
 * The numbers under which the data plane knows VIPs and backends (bpf/include/lb_maps.h). They must stay what they
 * are while a VIP or backend lives, because the flow table holds them; a number that changes hands gets another
 * generation, so that no flow reaches a backend that only inherited it.
 */
export interface LbNumbers {
  /** At each VIP index the VIP's identity, null where it is free. */
  readonly vips: readonly (string | null)[];
  /** At each real id the backend's identity and the generation under which it was last given away. */
  readonly reals: readonly RealNumber[];
}

export interface RealNumber {
  readonly backend: string | null;
  readonly generation: number;
}

/** As in bpf/include/lb_maps.h. */
export const MAX_VIPS = 1024;
export const MAX_REALS = 8192;

const none: LbNumbers = { vips: [], reals: [] };

/**
 * Numbers for the given VIPs and backends; whoever has one already keeps it.
 *
 * @param vips identities, unique
 * @param backends identities, unique over all VIPs
 * @param previous what was written last; without it numbers start at 0, and generations, being hashes of the
 *   identity, still keep flows away from backends they do not belong to
 */
export function assignNumbers(
  vips: readonly string[],
  backends: readonly string[],
  previous: LbNumbers = none,
): LbNumbers {
  const keptVips = keep(vips, previous.vips);
  place(vips, keptVips, MAX_VIPS, "VIPs");

  const keptBackends = keep(
    backends,
    previous.reals.map(({ backend }) => backend),
  );
  place(backends, keptBackends, MAX_REALS, "backends");
  const reals = keptBackends.map((backend, id) => {
    const before = previous.reals[id];
    if (backend === null) return { backend, generation: before?.generation ?? 0 };
    if (before?.backend === backend) return before;
    const generation = nameHash(backend, 0x67656e) & 0xffff;
    return {
      backend,
      generation: generation === before?.generation ? (generation + 1) & 0xffff : generation,
    };
  });
  return { vips: keptVips, reals };
}

function keep(wanted: readonly string[], previous: readonly (string | null)[]): (string | null)[] {
  const still = new Set(wanted);
  return previous.map((name) => (name !== null && still.has(name) ? name : null));
}

function place(wanted: readonly string[], taken: (string | null)[], limit: number, what: string): void {
  if (new Set(wanted).size !== wanted.length) {
    const twice = wanted.find((name, index) => wanted.indexOf(name) !== index);
    throw new RangeError(`The load balancer names "${String(twice)}" twice; merge the two entries.`);
  }
  if (wanted.length > limit) {
    throw new RangeError(`The load balancer can hold ${limit} ${what}, not ${wanted.length}; use fewer.`);
  }
  const present = new Set(taken);
  let free = 0;
  for (const name of wanted) {
    if (present.has(name)) continue;
    while (free < taken.length && taken[free] !== null) free += 1;
    taken[free] = name;
  }
}
