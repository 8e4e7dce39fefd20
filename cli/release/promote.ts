import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readStackFile } from "@ebpf-platform/lib/config";
import { releaseIdentity } from "@ebpf-platform/lib/release";
import { promotionFaults, stageBefore, type ReleaseId } from "@ebpf-platform/lib/rollout";
import { parseDocument } from "yaml";
import { projectRoot } from "../../components/project-root";
import { Failure, messageOf } from "../failure";
import { gateFiles } from "./gate-files";
import { evidenceFile, ledgerFile, textOf } from "../ledger/files";

export interface PromoteOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const KEY = "ebpf-platform:release";

/**
 * Writes a release's name and SHA-256 into a stack's file, and nothing else in it, when nothing stands against it. The
 * same release again changes no byte.
 */
export function promote(
  version: string,
  stack: string,
  { dryRun = false, json = false }: PromoteOptions,
): void {
  const root = projectRoot();
  const lock = textOf(join(root, "releases", `${version}.json`));
  if (lock === undefined) {
    throw new Failure(
      "usage",
      `There is no releases/${version}.json; make it with: platform release create ${version}`,
    );
  }
  const release = { version, sha256: releaseIdentity(lock) };
  const path = join(root, `Pulumi.${stack}.yaml`);
  const before = textOf(path);
  if (before === undefined) throw new Failure("usage", `There is no stack file Pulumi.${stack}.yaml.`);
  const stage = stageOf(before, path);
  const faults = promotionFaults({
    release,
    stack,
    stage,
    readLock: (name) => textOf(join(root, "releases", `${name}.json`)),
    gates: gateFiles(root),
    readLedger: (name) => textOf(ledgerFile(name)),
    readEvidence: (sha256) => textOf(evidenceFile(sha256)),
    now: new Date(),
  });
  if (faults.length > 0) {
    throw new Failure(
      "failed",
      `Release ${version} is not promoted to ${stack}; nothing was changed:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    );
  }
  const after = withRelease(before, release);
  const changed = after !== before;
  if (changed && !dryRun) writeWhole(path, after);
  const reference = referenceOf(release);
  if (json) console.log(JSON.stringify({ stack, stage, release, changed, dryRun }));
  else if (!changed) console.log(`${stack} says ${reference} already.`);
  else if (dryRun) console.log(`${stack} would say ${reference}.`);
  else
    console.log(
      `${stack} now says ${reference}, as ${stageBefore(stage) ?? "the lock"} has it; commit Pulumi.${stack}.yaml.`,
    );
}

function stageOf(text: string, path: string): string {
  try {
    const { stage } = readStackFile(text);
    if (typeof stage === "string") return stage;
  } catch (error) {
    throw new Failure("usage", `${path}: ${messageOf(error)}`);
  }
  throw new Failure("usage", `${path} names no stage; write ebpf-platform:stage.`);
}

const referenceOf = ({ version, sha256 }: ReleaseId): string => `${version}@sha256:${sha256}`;

/** The stack file with another release; every other byte stays. */
export function withRelease(text: string, release: ReleaseId): string {
  const node = parseDocument(text, { keepSourceTokens: true }).getIn(["config", KEY], true) as
    { readonly range?: readonly [number, number, number] } | undefined;
  if (!node?.range)
    throw new Failure("usage", `The stack file has no key ${KEY}; write ${KEY}: workspace first.`);
  const [start, end] = node.range;
  return `${text.slice(0, start)}${referenceOf(release)}${text.slice(end)}`;
}

/** All of it or nothing. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${String(process.pid)}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}
