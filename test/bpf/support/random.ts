/** A small random generator with a seed (mulberry32), so that a failing run can be repeated. */
export class Random {
  constructor(private state: number) {}

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.word() / 0x100000000) * limit);
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError("Nothing to pick from: the list is empty.");
    return value;
  }
}
