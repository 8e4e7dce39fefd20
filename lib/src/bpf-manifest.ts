import { createHash } from "node:crypto";
import type { AttachConfig, BpfProgramConfig, MapPolicy } from "./config/types";
import { LSM_FUNCTIONS } from "./lsm-maps";

/** Version of the manifest's shape; the loader refuses another (`MANIFEST_SCHEMA` in bpf/loader/manifest.h). */
export const MANIFEST_SCHEMA = 1;

/** What a program is attached to, as the loader reads it. */
export type ManifestAttach = AttachConfig | { readonly hook: "lsm" };

/** One function of an object and where it goes. */
export interface ManifestProgram {
  readonly function: string;
  readonly attach: ManifestAttach;
}

/** A packet that is run through a new program before it is attached. */
export interface SmokePacket {
  /** Frame in hexadecimal, 14 to 4096 bytes. */
  readonly packet: string;
  /** What the program must return; any verdict but an abort when absent. */
  readonly expect?: "XDP_DROP" | "XDP_PASS" | "XDP_TX" | "XDP_REDIRECT";
}

/** `manifest.json` of one version of one program on a node. */
export interface Manifest {
  readonly schema: typeof MANIFEST_SCHEMA;
  readonly name: string;
  readonly version: string;
  readonly objectSha256: string;
  readonly programs: readonly ManifestProgram[];
  readonly constants: Readonly<Record<string, number>>;
  readonly maps: Readonly<Record<string, MapPolicy>>;
  readonly takeover: boolean;
  readonly healthSeconds: number;
  readonly smoke: readonly SmokePacket[];
}

/**
 * An Ethernet broadcast frame of the IEEE's experimental type 0x88b5: no protocol claims it, so every XDP program that
 * passes what it does not know passes it, and no table of flows grows by it.
 */
export const EXPERIMENTAL_FRAME: SmokePacket = {
  packet: `ffffffffffff02000000000088b5${"00".repeat(46)}`,
  expect: "XDP_PASS",
};

/** What a new program is run with before it is attached; frames mean something to XDP only. */
export function smokePackets(attach: ManifestAttach): readonly SmokePacket[] {
  return attach.hook === "xdp" ? [EXPERIMENTAL_FRAME] : [];
}

/** What of a source is attached: its one function, or all those of an LSM policy. */
export function manifestPrograms(name: string, attach: ManifestAttach): readonly ManifestProgram[] {
  const functions =
    attach.hook === "lsm" ? Object.values(LSM_FUNCTIONS).find(([first]) => first === name) : [name];
  return (functions ?? [name]).map((one) => ({ function: one, attach }));
}

/** The manifest of a program of the config, once its object's SHA-256 (64 hex digits) is known. */
export function bpfManifest(program: BpfProgramConfig, objectSha256: string): Manifest {
  const programs = manifestPrograms(program.function ?? program.source, program.attach);
  return {
    schema: MANIFEST_SCHEMA,
    name: program.name,
    version: manifestVersion(objectSha256, programs, program.constants),
    objectSha256,
    programs,
    constants: program.constants,
    maps: program.maps,
    takeover: program.takeover,
    healthSeconds: program.healthSeconds,
    smoke: smokePackets(program.attach),
  };
}

/**
 * Twelve hex digits that change with everything that makes a loaded program another one: object, attach points and
 * constants. Map policies, takeover and the health window say how to get there, so they do not count. No dots: bpffs
 * refuses them in names.
 */
export function manifestVersion(
  objectSha256: string,
  programs: readonly ManifestProgram[],
  constants: Readonly<Record<string, number>>,
): string {
  return createHash("sha256")
    .update(canonicalJson({ objectSha256, programs, constants }))
    .digest("hex")
    .slice(0, 12);
}

/** JSON with sorted keys and without undefined members: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : member,
  );
}
