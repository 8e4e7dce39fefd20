import { createHash, randomBytes, randomInt } from "node:crypto";

/** A source of whole numbers from 0 to below `limit`. */
export type Draw = (limit: number) => number;

/**
 * The system's generator, or with a seed a repeatable one: SHA-256 over the seed and a counter. The official provider
 * uses Go's math/rand for a seed, so the same seed gives other numbers there.
 */
export function drawFrom(seed: string | undefined): Draw {
  if (seed === undefined || seed === "") return (limit) => randomInt(limit);
  let counter = 0;
  return (limit) => {
    const digest = createHash("sha256")
      .update(`${seed}\n${String(counter++)}`)
      .digest();
    return Number(digest.readBigUInt64BE() % BigInt(limit));
  };
}

/** The numbers from 0 to below `count` in a random order. */
export function permutation(count: number, draw: Draw): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = draw(index + 1);
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  return order;
}

export function bytes(count: number): Buffer {
  return randomBytes(count);
}
