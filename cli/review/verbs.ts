import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readStackFile } from "@ebpf-platform/lib/config";
import { isReleaseVersion, parseRelease } from "@ebpf-platform/lib/release";
import { rules } from "@ebpf-platform/policy/rules/all";
import { projectRoot } from "../../components/project-root";
import { Failure, messageOf } from "../failure";
import { packageVersion } from "../package-version";
import { checkStackName, configuredStacks, withPreparedStack } from "../stack/open";
import { EventRecord, runOperation } from "../stack/operation";
import { openTerminal, type Terminal } from "../terminal";
import { hasBroken, reviewComment } from "./comment";
import { findingsSarif } from "./findings-sarif";
import type { LockReader } from "./rollout-plan";
import { type StackPreview, stackPreview } from "./stack-preview";

export interface ReviewOptions {
  readonly output?: string;
  readonly sarif?: string;
  readonly save?: string;
  readonly against?: string;
}

/** `platform review [stack…]`: previews stacks with the policy pack and writes what a reviewer must know of them. */
export async function review(names: readonly string[], options: ReviewOptions): Promise<void> {
  const terminal = openTerminal(options.output === undefined);
  const configured = configuredStacks();
  const stacks = names.length > 0 ? names : configured;
  for (const stack of stacks) checkStackName(stack, configured);
  const before = options.against === undefined ? undefined : readPreviews(options.against, terminal.note);
  const after: StackPreview[] = [];
  for (const stack of stacks) after.push(await previewOf(stack, terminal));
  const comment = reviewComment(before, after, readLock);
  if (options.output === undefined) terminal.out(comment);
  else writeFileSync(options.output, comment);
  if (options.save !== undefined) writeFileSync(options.save, `${JSON.stringify(after, null, 1)}\n`);
  if (options.sarif !== undefined) {
    const log = findingsSarif(after, rules, packageVersion());
    writeFileSync(options.sarif, `${JSON.stringify(log, null, 2)}\n`);
  }
  if (hasBroken(after)) throw new Failure("policy", "A mandatory rule is broken; the comment names it.");
  const failed = after.filter(({ failure }) => failure !== undefined).map(({ stack }) => stack);
  if (failed.length > 0)
    throw new Failure("failed", `There is no preview of ${failed.join(", ")}; the comment says why.`);
}

/** A preview that fails is a result too: the other stacks are looked at all the same. */
async function previewOf(stack: string, terminal: Terminal): Promise<StackPreview> {
  const record = new EventRecord();
  let identity = { stack, stage: "unknown", release: "unknown" };
  try {
    const raw = readStackFile(readFileSync(join(projectRoot(), `Pulumi.${stack}.yaml`), "utf8"));
    identity = { stack, stage: String(raw["stage"]), release: String(raw["release"]) };
    await withPreparedStack(stack, terminal.note, { create: true, offline: true }, (opened) =>
      runOperation("preview", opened, terminal, record),
    );
    return stackPreview(identity, record, undefined);
  } catch (error) {
    if (error instanceof Failure && ["interrupted", "missingPart"].includes(error.outcome)) throw error;
    return stackPreview(identity, record, messageOf(error));
  }
}

/** The previews that `--save` wrote at the base. A base from before this verb has none, which is no mistake. */
function readPreviews(file: string, note: (text: string) => void): readonly StackPreview[] | undefined {
  if (!existsSync(file)) {
    note(`There is no ${file}: nothing is compared.`);
    return undefined;
  }
  try {
    return JSON.parse(readFileSync(file, "utf8")) as StackPreview[];
  } catch (error) {
    throw new Failure(
      "usage",
      `${file} is not what \`platform review --save\` writes (${messageOf(error)}).`,
    );
  }
}

const readLock: LockReader = (version) => {
  const path = join(projectRoot(), "releases", `${version}.json`);
  if (!isReleaseVersion(version) || !existsSync(path)) return `there is no releases/${version}.json`;
  try {
    return parseRelease(readFileSync(path, "utf8"));
  } catch (error) {
    return messageOf(error);
  }
};
