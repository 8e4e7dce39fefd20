/**
 * Weighted Maglev tables: which backend each slot of a VIP's ring points to.
 *
 * Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4. Every
 * backend walks the slots in an order of its own (offset + i * skip modulo a prime) and takes the next free one in
 * its turn. Turns follow the weights exactly, by the method of the largest remainder, so that the shares differ from
 * the weights by at most one slot per backend. The order depends on the backend's name alone: adding or removing
 * one moves about its own share of the flows and few others.
 */

/** A backend of a ring: `name` decides its slots, `weight` its share; weight 0 gets none (drain). */
export interface RingBackend {
  readonly name: string;
  readonly weight: number;
}

/** Slots of a ring: prime, and more than 100 times 600 backends (the same as LB_RING_SIZE in bpf/include/lb_maps.h). */
export const RING_SIZE = 65537;

/** What a slot holds when there is no backend at all. */
export const NO_BACKEND = -1;

const MAX_WEIGHT = 65535;

/**
 * How far backends claim slots before they take turns, in multiples of their share: not at all up to 100 backends,
 * four times from 400 on. Fewer backends need no claims to move less than 1 % too much, and their long walks are so
 * regular that claims would collide in patterns; between the two the depth grows slowly, so that one backend more
 * changes little.
 */
const CLAIM_DEPTH = { none: 100, full: 400, most: 4 };

/** Backends that count: equal weights all count, one that outweighs all others leaves about one. */
function effectiveCount(backends: readonly RingBackend[]): number {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  const squares = backends.reduce((total, { weight }) => total + weight * weight, 0);
  return squares === 0 ? 0 : (sum * sum) / squares;
}

function claimDepth(backends: readonly RingBackend[]): number {
  const { none, full, most } = CLAIM_DEPTH;
  const part = (effectiveCount(backends) - none) / (full - none);
  return most * Math.min(1, Math.max(0, part));
}

/** FNV-1a, 32 bits, of UTF-8 text, then mixed (murmur3's finaliser): the same on every machine. */
export function nameHash(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function checkBackends(backends: readonly RingBackend[], size: number): void {
  const names = new Set<string>();
  for (const { name, weight } of backends) {
    if (names.has(name))
      throw new RangeError(`The ring has the backend "${name}" twice; give each backend a name of its own.`);
    names.add(name);
    if (!Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT) {
      throw new RangeError(
        `The weight of backend "${name}" is ${weight}; it must be a whole number from 0 to ${MAX_WEIGHT}.`,
      );
    }
  }
  if (backends.length > size) {
    throw new RangeError(`A ring of ${size} slots cannot hold ${backends.length} backends; use fewer.`);
  }
}

/** How many of `size` slots each backend gets: proportional to its weight, each within one slot of it. */
export function slotShares(backends: readonly RingBackend[], size: number): number[] {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return backends.map(() => 0);
  const parts = backends.map(({ name, weight }) => {
    const exact = (weight / total) * size;
    return { name, share: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  const left = size - parts.reduce((sum, { share }) => sum + share, 0);
  [...parts]
    .sort((a, b) => b.rest - a.rest || nameHash(a.name, 0) - nameHash(b.name, 0))
    .slice(0, left)
    .forEach((part) => (part.share += 1));
  return parts.map(({ share }) => share);
}

/** One backend while the ring is filled: its walk over the slots and what it has got so far. */
class Seat {
  private position: number;
  taken = 0;
  private readonly start: number;
  private readonly skip: number;
  readonly claims: number;

  constructor(
    readonly index: number,
    readonly name: string,
    readonly weight: number,
    readonly share: number,
    private readonly size: number,
    depth: number,
  ) {
    this.start = nameHash(name, 0x6f666673) % size;
    this.position = this.start;
    this.skip = (nameHash(name, 0x736b6970) % (size - 1)) + 1;
    // More steps than slots would claim the first ones again.
    this.claims = Math.min(Math.round(depth * share), size);
  }

  restart(): void {
    this.position = this.start;
  }

  /** The next slot of the walk. */
  step(): number {
    const slot = this.position;
    this.position = (slot + this.skip) % this.size;
    return slot;
  }
}

/**
 * Every backend claims the first slots of its walk, at a speed given by its weight, and a slot goes to whoever reaches
 * it first. Claims do not depend on each other, so when a backend leaves, its slots fall to the next claim and no other
 * slot moves. Taking turns alone would move about ln(N) / N of the slots besides (1.06 % at 600 backends, measured),
 * because each slot that falls free draws a chain of others after it; with claims it is 0.62 %.
 */
function claimFirst(seats: readonly Seat[], ring: Int32Array): void {
  const earliest = new Float64Array(ring.length).fill(Infinity);
  const owner = new Int32Array(ring.length).fill(-1);
  seats.forEach((seat, number) => {
    for (let claim = 1; claim <= seat.claims; claim++) {
      const slot = seat.step();
      const time = claim / seat.weight;
      if (time < (earliest[slot] ?? 0)) {
        earliest[slot] = time;
        owner[slot] = number;
      }
    }
  });
  seats.forEach((seat, number) => {
    seat.restart();
    for (let claim = 1; claim <= seat.claims; claim++) {
      const slot = seat.step();
      if (owner[slot] !== number || seat.taken === seat.share) continue;
      ring[slot] = seat.index;
      seat.taken += 1;
    }
  });
}

/** The slots nobody claimed: each backend in its turn takes the next free slot of its walk, until it has its share. */
function takeTurns(seats: readonly Seat[], ring: Int32Array): void {
  const rounds = seats.reduce((most, { share, taken }) => Math.max(most, share - taken), 0);
  const turns = seats.map((seat) => ({ seat, claimed: seat.taken, missing: seat.share - seat.taken }));
  for (let round = 1; round <= rounds; round++) {
    for (const { seat, claimed, missing } of turns) {
      // Turns are spread evenly over the rounds, whatever is missing from a share.
      const due = claimed + Math.floor((missing * round) / rounds);
      while (seat.taken < due) {
        const slot = seat.step();
        if (ring[slot] !== NO_BACKEND) continue;
        ring[slot] = seat.index;
        seat.taken += 1;
      }
    }
  }
}

/**
 * Computes a ring.
 *
 * @param backends names are unique, weights are whole numbers from 0 to 65535
 * @param size number of slots, a prime
 * @returns for each slot the index into `backends`, or NO_BACKEND everywhere when no weight is above 0
 * @throws RangeError on a name used twice or a weight out of range
 */
export function maglevRing(backends: readonly RingBackend[], size: number = RING_SIZE): Int32Array {
  checkBackends(backends, size);
  const ring = new Int32Array(size).fill(NO_BACKEND);
  const shares = slotShares(backends, size);
  const depth = claimDepth(backends);
  // In the order of their names, so that the order of the list does not matter.
  const seats = backends
    .map(({ name, weight }, index) => new Seat(index, name, weight, shares[index] ?? 0, size, depth))
    .filter(({ share }) => share > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  claimFirst(seats, ring);
  takeTurns(seats, ring);
  return ring;
}
