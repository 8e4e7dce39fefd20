import { encodeLbMaps } from "../../lib/src/lb-maps";
import { buildObject } from "../../test/bpf/support/objects";
import { BpfRunner, XDP, type ObjectSpec } from "../../test/bpf/support/runner";
import type { Group, Variant } from "./plan";

/** Nanoseconds of CPU time for each packet, one number for each round. */
export type Samples = ReadonlyMap<Variant, readonly number[]>;

export interface MeasureOptions {
  readonly rounds: number;
  readonly packets: number;
  /** The CPU that everything runs on. */
  readonly cpu: number;
}

const RESTORE4 = 0;
const RESTORE6 = 1;
const TRANSMIT = 2;
const HOPS = 3;
const FIRST_VARIANT = HOPS + 7;
/** The last slot: a program there has nobody behind it. */
const LAST = 7;

function restoreSource(): string {
  return buildObject("bench/bpf/restore.bpf.c");
}

function objectsOf(variants: readonly Variant[]): ObjectSpec[] {
  const hop = buildObject("bench/bpf/hop.bpf.c");
  return [
    { path: restoreSource() },
    { path: restoreSource(), constants: { family: 6 } },
    { path: buildObject("bench/bpf/transmit.bpf.c") },
    ...Array.from({ length: 7 }, (_, slot) => ({ path: hop, constants: { slot } })),
    ...variants.map(({ program }) => ({
      path: buildObject(
        program === "xdp_conntrack"
          ? "xdp_conntrack"
          : typeof program === "object" && "vips" in program
            ? "xdp_lb"
            : "bench/bpf/transmit.bpf.c",
      ),
      ...(program === "xdp_conntrack" || (typeof program === "object" && "vips" in program)
        ? { constants: { slot: LAST } }
        : {}),
    })),
  ];
}

async function configure(runner: BpfRunner, variant: Variant, object: number): Promise<void> {
  if (typeof variant.program === "string" || !("vips" in variant.program)) return;
  const settings = { tunnel4: "198.18.0.10", tunnel6: "2001:2:0:1::10" };
  const { files } = encodeLbMaps(variant.program.vips, settings);
  for (const [map, bytes] of files) if (bytes.length > 0) await runner.putFile(map, bytes, object);
}

/** struct plan of restore.bpf.c. */
function planBytes({ packet, flows, vips = 0 }: Variant): Buffer {
  const bytes = Buffer.alloc(16 + 80);
  bytes.writeUInt32LE(packet.length, 0);
  bytes.writeUInt32LE(flows, 4);
  bytes.writeUInt32LE(vips, 8);
  packet.copy(bytes, 16);
  return bytes;
}

/** Fills the slots of the chain for a variant: what runs behind the restoring program. */
async function arrange(runner: BpfRunner, variant: Variant, object: number): Promise<void> {
  const { program } = variant;
  const hops = typeof program === "object" && "hops" in program ? program.hops : 0;
  for (let slot = 0; slot < 8; slot++) await runner.slot(slot, undefined).catch(ignoreEmpty);
  for (let slot = 0; slot < hops; slot++) await runner.slot(slot, HOPS + slot);
  await runner.slot(hops, hops > 0 || program === "base" ? TRANSMIT : object);
}

/** Emptying an empty slot is an error of the kernel's, and all right here. */
function ignoreEmpty(error: unknown): void {
  if (!(error instanceof Error) || !error.message.includes("No such file")) throw error;
}

async function measureOnce(
  runner: BpfRunner,
  variant: Variant,
  object: number,
  packets: number,
): Promise<number> {
  const entry = variant.packet.readUInt16BE(12) === 0x86dd ? RESTORE6 : RESTORE4;
  await arrange(runner, variant, object);
  await runner.put("plans", Buffer.alloc(4), planBytes(variant), entry);
  // Every flow has been seen, and its second packet too, before the clock starts.
  const warmUp = Math.max(5000, variant.flows > 1 << 20 ? 0 : 2 * variant.flows);
  await runner.bench(variant.packet, warmUp, entry);
  const { ns, verdict } = await runner.bench(variant.packet, packets, entry);
  const expected = variant.program === "xdp_conntrack" ? XDP.PASS : XDP.TX;
  if (verdict !== expected)
    throw new Error(`${variant.name} ended with verdict ${verdict} instead of ${expected}.`);
  return ns / packets;
}

/** Measures a group: all variants once in each round, so that a noisy neighbour disturbs them alike. */
export async function measureGroup(group: Group, options: MeasureOptions): Promise<Samples> {
  const { variants, maxEntries = {} } = group;
  const runner = await BpfRunner.start(objectsOf(variants), { maxEntries });
  const samples = new Map<Variant, number[]>(variants.map((variant) => [variant, []]));
  try {
    await runner.useCpu(options.cpu);
    for (const [index, variant] of variants.entries())
      await configure(runner, variant, FIRST_VARIANT + index);
    for (let round = 0; round < options.rounds; round++) {
      for (const [index, variant] of variants.entries()) {
        const object = FIRST_VARIANT + index;
        samples.get(variant)?.push(await measureOnce(runner, variant, object, options.packets));
      }
    }
  } finally {
    await runner.stop();
  }
  return samples;
}
