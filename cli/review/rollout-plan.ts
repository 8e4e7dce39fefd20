import { STAGES, type Stage } from "@ebpf-platform/lib/config/types";
import { lockDifferences, missingDigests, type ReleaseLock } from "@ebpf-platform/lib/release";
import { stageRules } from "@ebpf-platform/lib/stage";
import type { StackPreview } from "./stack-preview";

/** What a lock file gives, or the sentence why it gives nothing. */
export type LockReader = (version: string) => ReleaseLock | string;

const workspace = "workspace";
const versionOf = (release: string): string => release.split("@")[0] ?? release;

/**
 * The way of every changed release through the stages, in Markdown lines: what it changes, which stacks it reaches in
 * which order, which gate stands before each next stage, and what stands in its way. No lines without a change.
 */
export function rolloutPlan(
  before: readonly StackPreview[],
  after: readonly StackPreview[],
  readLock: LockReader,
): readonly string[] {
  const old = new Map(before.map(({ stack, release }) => [stack, release]));
  const changed = after.filter(({ stack, release }) => old.has(stack) && old.get(stack) !== release);
  const releases = [...new Set(changed.map(({ release }) => release))];
  return releases.flatMap((release) => {
    const stacks = changed.filter((preview) => preview.release === release);
    const from = [...new Set(stacks.map(({ stack }) => versionOf(old.get(stack) ?? workspace)))];
    return [
      `#### ${from.join(", ")} → ${versionOf(release)}`,
      "",
      ...steps(stacks),
      "",
      ...obstacles(release, from, stacks, after, readLock).map((line) => `- ⛔ ${line}`),
      ...contents(release, from, readLock),
      "",
    ];
  });
}

const rank = (stage: string): number => STAGES.indexOf(stage as Stage);

function steps(stacks: readonly StackPreview[]): readonly string[] {
  return [...stacks]
    .sort((a, b) => rank(a.stage) - rank(b.stage))
    .map(({ stack, stage }, index) => {
      const { gate } = stageRules[stage as Stage];
      return `${index + 1}. \`${stack}\` (stage ${stage}); the gate before the next stage: ${gate}`;
    });
}

/** What keeps the release from the stacks that name it. */
function obstacles(
  release: string,
  from: readonly string[],
  stacks: readonly StackPreview[],
  all: readonly StackPreview[],
  readLock: LockReader,
): readonly string[] {
  if (release === workspace) return [];
  const lock = readLock(versionOf(release));
  if (typeof lock === "string") return [lock];
  const missing = missingDigests(lock);
  const strict = stacks.filter(({ stage }) => !stageRules[stage as Stage].workspace);
  const jumps = from.filter((version) => version !== workspace && !lock.upgradeFrom.includes(version));
  const first = Math.min(...stacks.map(({ stage }) => rank(stage)));
  const before = all.filter(({ stage }) => rank(stage) < first && !stageRules[stage as Stage].workspace);
  return [
    ...(missing.length > 0 && strict.length > 0
      ? [`the lock has no digest for ${missing.length} of its parts, so ${names(strict)} cannot run it`]
      : []),
    ...jumps.map((version) => `the lock does not name ${version} under upgradeFrom`),
    ...before
      .filter((preview) => preview.release !== release)
      .map(({ stack }) => `\`${stack}\`, a stage before, does not run it`),
  ];
}

const names = (stacks: readonly StackPreview[]): string =>
  stacks.map(({ stack }) => `\`${stack}\``).join(", ");

function contents(release: string, from: readonly string[], readLock: LockReader): readonly string[] {
  const [version] = from;
  if (release === workspace || version === undefined || version === workspace) return [];
  const [old, now] = [readLock(version), readLock(versionOf(release))];
  if (typeof old === "string" || typeof now === "string") return [];
  const lines = lockDifferences(old, now).map((line) =>
    line.replace("the lock has", "was").replace("rebuilt is", "is"),
  );
  return [
    "",
    "<details><summary>What differs between the locks</summary>",
    "",
    ...lines.map((line) => `- ${line}`),
    "",
    "</details>",
  ];
}
