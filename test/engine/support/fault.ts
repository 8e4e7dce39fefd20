import assert from "node:assert/strict";
import type { LabStack } from "./lab-stack.js";

/** Something that is broken on purpose; `mend` gets what `fault` found. */
export interface Fault<T> {
  readonly fault: () => T;
  /** Runs `platform up` and judges how it ends. */
  readonly up: (found: T) => Promise<void>;
  readonly mend: (found: T) => void;
}

/** Breaks, runs `up` and mends whatever came of it. What `up` could not do stays to be done: the next one does it. */
export async function refusedThenMended<T>({ fault, up, mend }: Fault<T>): Promise<void> {
  const found = fault();
  try {
    await up(found);
  } finally {
    mend(found);
  }
}

/** The same for a fault that the preview finds: not one byte of the state is another one afterwards. */
export async function refusedUnchanged<T>(lab: LabStack, fault: Fault<T>): Promise<void> {
  const state = (): string => lab.copy.read(`.state/backend/.pulumi/stacks/ebpf-platform/${lab.stack}.json`);
  const before = state();
  await refusedThenMended(fault);
  assert.equal(state(), before);
}

/** The node takes the key of somebody else only, until the returned function is called. */
export function replaceLoginKey(lab: LabStack, node: string): () => void {
  lab.onNode(
    node,
    `cp -p /root/.ssh/authorized_keys /root/.ssh/kept
     rm -f /tmp/stranger*; ssh-keygen -q -t ed25519 -N '' -f /tmp/stranger
     cat /tmp/stranger.pub >/root/.ssh/authorized_keys`,
  );
  return () => {
    lab.onNode(node, "mv -f /root/.ssh/kept /root/.ssh/authorized_keys; rm -f /tmp/stranger*");
  };
}
