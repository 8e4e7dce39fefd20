/** Counters of one backend of the XDP load balancer (struct lb_real_stats in bpf/include/lb_maps.h). */
export interface LbRealStats {
  readonly packets: number;
  /** Of IP packets, without encapsulation. */
  readonly bytes: number;
  readonly newFlows: number;
  /** Mode `nat`: packets sent back to clients. */
  readonly returned: number;
}

/** One record as `ebpf-loader map dump` prints it: hexadecimal, in the map's own byte order. */
export interface MapEntry {
  readonly key: string;
  readonly value: string;
}

const FIELDS = 4;

/**
 * Counters by real id, summed over CPUs; backends that never got a packet are absent.
 *
 * @throws RangeError when a value is not a whole number of counters
 */
export function decodeRealStats(entries: readonly MapEntry[]): Map<number, LbRealStats> {
  return new Map(
    entries.map(({ key, value }) => {
      const [packets = 0, bytes = 0, newFlows = 0, returned = 0] = sumOverCpus(value, FIELDS);
      return [Buffer.from(key, "hex").readUInt32LE(), { packets, bytes, newFlows, returned }];
    }),
  );
}

/** Adds up a per-CPU value that consists of `fields` unsigned 64-bit counters a CPU. */
function sumOverCpus(hex: string, fields: number): number[] {
  const bytes = Buffer.from(hex, "hex");
  if (bytes.length === 0 || bytes.length % (8 * fields) !== 0) {
    throw new RangeError(`A value of ${bytes.length} bytes does not hold ${fields} counters for each CPU.`);
  }
  const sums = new Array<bigint>(fields).fill(0n);
  for (let offset = 0; offset < bytes.length; offset += 8) {
    const field = (offset / 8) % fields;
    sums[field] = (sums[field] ?? 0n) + bytes.readBigUInt64LE(offset);
  }
  return sums.map(Number);
}
