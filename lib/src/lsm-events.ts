import { addressText } from "./address-text";

/** One report of an LSM program: struct lsm_record of bpf/include/lsm_maps.h. */
export interface LsmEvent {
  /** Seconds since the node's boot. */
  readonly time: number;
  /** `audit`: it would have been denied; `enforce`: it was. */
  readonly mode: "audit" | "enforce";
  readonly hook: LsmHook;
  /** Number of the rule in its policy, from 1; 0: no rule of an allow-list. */
  readonly rule: number;
  readonly pid: number;
  readonly uid: number;
  /** Id of the cgroup. */
  readonly cgroup: bigint;
  /** Name of the program that did it, at most 15 characters. */
  readonly comm: string;
  /** Path of a file, or type of a file system. */
  readonly text: string;
  /** Where to, for `connect` and `send`. */
  readonly address?: string;
  readonly port?: number;
  /** For `kill`. */
  readonly signal?: number;
}

export const LSM_HOOKS = [
  "exec",
  "map-exec",
  "file-open",
  "connect",
  "send",
  "kill",
  "mount",
  "move-mount",
] as const;
export type LsmHook = (typeof LSM_HOOKS)[number];

/** Bytes of a record. */
export const LSM_RECORD = 200;
/** AF_INET and AF_INET6. */
const FAMILIES: Readonly<Record<number, number>> = { 2: 4, 10: 6 };

/** Reads a record of the ring buffer `events`. Throws RangeError when it is not one. */
export function decodeLsmEvent(bytes: Buffer): LsmEvent {
  const hook = LSM_HOOKS[bytes.length === LSM_RECORD ? bytes.readUInt16LE(28) - 1 : -1];
  if (hook === undefined)
    throw new RangeError(
      `${bytes.length} bytes are no event of an LSM program of this release; use loader and program of one release.`,
    );
  const family = FAMILIES[bytes.readUInt16LE(194)] ?? 0;
  const address = addressText(family, bytes.subarray(176, 192));
  return {
    time: Number(bytes.readBigUInt64LE(0)) / 1e9,
    mode: bytes.readUInt16LE(30) === 2 ? "enforce" : "audit",
    hook,
    rule: bytes.readUInt32LE(24),
    pid: bytes.readUInt32LE(16),
    uid: bytes.readUInt32LE(20),
    cgroup: bytes.readBigUInt64LE(8),
    comm: cString(bytes.subarray(32, 48)),
    text: cString(bytes.subarray(48, 176)),
    ...(address !== undefined && { address, port: bytes.readUInt16BE(192) }),
    ...(hook === "kill" && { signal: bytes.readUInt32LE(196) }),
  };
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
