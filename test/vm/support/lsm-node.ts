import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Manifest } from "@ebpf-platform/lib/bpf-manifest";
import { MANIFEST_SCHEMA, manifestPrograms, manifestVersion } from "@ebpf-platform/lib/bpf-manifest";
import type { BpfMode, LsmConfig } from "@ebpf-platform/lib/config";
import { decodeLsmEvent, type LsmEvent } from "@ebpf-platform/lib/lsm-events";
import { encodeLsmMaps } from "@ebpf-platform/lib/lsm-maps";
import { buildLoader } from "../../../components/bpf/loader-build";
import { readCached, sha256Of } from "../../../components/bpf/build-cache";
import { LOADER_PATH, NodeLoader, PROGRAMS_DIR } from "../../../components/bpf/provider/node-loader";
import { shellQuote } from "../../../components/node/shell-quote";
import { buildObject } from "../../bpf/support/objects";
import type { Guest } from "./guest";

/** What the loader of a guest answers. */
export type Answer = Record<string, unknown> & { error?: { what: string; cause: string; remedy: string } };

/** LSM policies in a guest, by its loader and over its one session: a connection a step would take minutes under emulation. */
export class LsmNode {
  /** Guests that have loader and boot unit. */
  private static readonly equipped = new WeakSet<Guest>();

  private constructor(readonly guest: Guest) {}

  /** Installs loader and boot unit as the engine does. */
  static async install(guest: Guest): Promise<LsmNode> {
    if (LsmNode.equipped.has(guest)) return new LsmNode(guest);
    const { sha256 } = buildLoader();
    await NodeLoader.use("guest", guest.connection, (loader) =>
      loader.ensureInstalled(sha256, () => readCached(sha256, "the BPF loader")),
    );
    LsmNode.equipped.add(guest);
    return new LsmNode(guest);
  }

  /** For a guest that was booted again from a disk with loader and policies. */
  static installed(guest: Guest): LsmNode {
    return new LsmNode(guest);
  }

  async verb(...words: string[]): Promise<Answer> {
    const { stdout, stderr } = await this.guest.try([LOADER_PATH, ...words].map(shellQuote).join(" "));
    assert.notEqual(stdout, "", `ebpf-loader ${words.join(" ")}: ${stderr}`);
    return JSON.parse(stdout) as Answer;
  }

  async must(...words: string[]): Promise<Answer> {
    const answer = await this.verb(...words);
    assert.equal(answer.error, undefined, JSON.stringify(answer.error));
    return answer;
  }

  /** Attaches the program of a policy; without rules it does nothing. */
  async attach(policy: LsmConfig, confirmSeconds = 0): Promise<string> {
    const source = `lsm_${policy.kind}`;
    const object = readFileSync(buildObject(source));
    const programs = manifestPrograms(source, { hook: "lsm" });
    const manifest: Manifest = {
      schema: MANIFEST_SCHEMA,
      name: policy.name,
      version: manifestVersion(sha256Of(object), programs, {}),
      objectSha256: sha256Of(object),
      programs,
      constants: {},
      maps: {},
      takeover: false,
      healthSeconds: 0,
      smoke: [],
    };
    const folder = `${PROGRAMS_DIR}/${policy.name}/${manifest.version}`;
    await this.guest.putAll(folder, { "prog.bpf.o": object, "manifest.json": JSON.stringify(manifest) });
    await this.must("apply", folder, "--confirm", String(confirmSeconds));
    return manifest.version;
  }

  /** Writes the rules of a policy. With `confirmSeconds` they wait for `map confirm`. */
  async write(policy: LsmConfig, mode: BpfMode, confirmSeconds = 0): Promise<Answer> {
    const maps = encodeLsmMaps(policy, mode);
    const folder = `/tmp/rules-${policy.name}`;
    await this.guest.putAll(folder, Object.fromEntries(maps));
    const words = [...maps.keys()].flatMap((map) => [map, `${folder}/${map}`]);
    const confirm = confirmSeconds > 0 ? ["--confirm", String(confirmSeconds)] : [];
    return this.must("map", "put", ...confirm, policy.name, ...words);
  }

  /** What the program reported since the last call. */
  async events(name: string): Promise<LsmEvent[]> {
    const { events } = await this.must("events", name, "0");
    return (events as string[]).map((event) => decodeLsmEvent(Buffer.from(event, "hex")));
  }

  /** The mode that is in force: 0 off, 1 audit, 2 enforce. */
  async mode(name: string): Promise<number> {
    const { entries } = await this.must("map", "dump", name, "settings");
    const [entry] = entries as { value: string }[];
    return entry === undefined ? 0 : Buffer.from(entry.value, "hex").readUInt32LE(0);
  }

  /** A counter of the map `stats`. */
  async counter(name: string, index: number): Promise<number> {
    const { entries } = await this.must("map", "dump", name, "stats");
    const found = (entries as { key: string; value: string }[]).find(
      ({ key }) => Buffer.from(key, "hex").readUInt32LE(0) === index,
    );
    return found === undefined ? 0 : Number(Buffer.from(found.value, "hex").readBigUInt64LE(0));
  }
}

/** A policy of the guest; what was left out of every policy is filled in. */
export function policyOf<const Rules extends { readonly kind: LsmConfig["kind"] }>(rules: Rules) {
  return { node: "guest", scope: [], exempt: [], ...rules } as const;
}
