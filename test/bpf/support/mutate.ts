import type { Random } from "./random";

/** What a parser is most likely to get wrong: limits, signs, lengths that are off by one. */
const TELLING = [
  0x00, 0x01, 0x04, 0x05, 0x06, 0x11, 0x28, 0x2b, 0x2c, 0x33, 0x3a, 0x3c, 0x45, 0x60, 0x7f, 0x80, 0xff,
];
/** BPF_PROG_TEST_RUN takes no frame shorter than an Ethernet header. */
const SHORTEST = 14;
const LONGEST = 1600;

type Mutation = (frame: Buffer, random: Random) => Buffer;

function set(frame: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(frame);
  copy[at] = value;
  return copy;
}

/** Headers are at the front: half of the changes go into the first 80 bytes. */
function place(frame: Buffer, random: Random): number {
  return random.below(random.below(2) === 0 ? Math.min(80, frame.length) : frame.length);
}

const mutations: readonly Mutation[] = [
  (frame, random) => set(frame, place(frame, random), random.word() & 255),
  (frame, random) => set(frame, place(frame, random), random.pick(TELLING)),
  (frame, random) => {
    const at = place(frame, random);
    return set(frame, at, frame[at]! ^ (1 << random.below(8)));
  },
  (frame, random) => {
    const at = place(frame, random);
    return set(frame, at, frame[at]! + (random.below(2) === 0 ? 1 : -1));
  },
  (frame, random) => frame.subarray(0, SHORTEST + random.below(Math.max(1, frame.length - SHORTEST))),
  (frame, random) => Buffer.concat([frame, Buffer.alloc(1 + random.below(64), random.word() & 255)]),
  (frame, random) => {
    const at = place(frame, random);
    return Buffer.concat([
      frame.subarray(0, at),
      frame.subarray(Math.min(frame.length, at + 1 + random.below(8))),
    ]);
  },
  (frame, random) => {
    const at = place(frame, random);
    return Buffer.concat([
      frame.subarray(0, at),
      Buffer.alloc(4 * (1 + random.below(3)), random.word() & 255),
      frame.subarray(at),
    ]);
  },
  // Another client, so that the flow tables see more than one.
  (frame, random) =>
    frame.length > 36 ? set(set(frame, 29, random.word() & 255), 35, random.word() & 255) : frame,
];

/** A frame with up to three changes; one in eight stays as it is. */
export function mutate(frame: Buffer, random: Random): Buffer {
  let result = frame;
  if (random.below(8) === 0) return result;
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const next = random.pick(mutations)(result, random);
    if (next.length >= SHORTEST && next.length <= LONGEST) result = next;
  }
  return result;
}
