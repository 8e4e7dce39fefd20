import type { ReleaseId } from "@ebpf-platform/lib/rollout";
import { Failure } from "../failure";

const line = /^(\s*ebpf-platform:release:\s*)(\S+)([ \t]*(?:#.*)?)$/m;

/** A stack file with another release; nothing else changes, comments included. */
export function withRelease(text: string, { version, sha256 }: ReleaseId, file: string): string {
  if (!line.test(text))
    throw new Failure(
      "usage",
      `${file} has no line ebpf-platform:release to write the release into; add it.`,
    );
  return text.replace(
    line,
    (_all, key: string, _old, rest: string) => `${key}${version}@sha256:${sha256}${rest}`,
  );
}

/** The release that a stack file names; null for `workspace`. */
export function releaseIn(text: string): ReleaseId | null {
  const found = /^([^@]+)@sha256:([0-9a-f]{64})$/.exec(line.exec(text)?.[2] ?? "");
  return found ? { version: found[1] ?? "", sha256: found[2] ?? "" } : null;
}
