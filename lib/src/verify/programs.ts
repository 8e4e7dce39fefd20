import { fail, pass, type Outcome } from "./result";

/** A program of the stack as its node has it; one row for each attach point. */
export interface FoundProgram {
  readonly objectSha256?: string;
  /** XDP: native or generic. */
  readonly mode?: string;
  readonly problems: readonly string[];
}

/** Whether a program is attached everywhere, undisturbed, from the object that the stack's state names. */
export function judgeProgram(found: readonly FoundProgram[], expectedSha256: string | undefined): Outcome {
  const problems = found.flatMap(({ problems }) => problems);
  if (found.length === 0) return fail("it is not on the node", "run `platform up`, which attaches it");
  if (problems.length > 0)
    return fail(
      problems.map((text) => text.replace(/\.$/, "")).join("; "),
      "run `platform up`, which repairs it",
    );
  const seen = found[0]?.objectSha256;
  if (expectedSha256 !== undefined && seen !== expectedSha256) {
    return fail(
      `object ${short(seen)} is attached, the state names ${short(expectedSha256)}`,
      "run `platform up`, which puts it back",
    );
  }
  return pass(`object ${short(seen)}${found[0]?.mode ? `, ${found[0].mode}` : ""}`);
}

const short = (sha256: string | undefined): string => sha256?.slice(0, 12) ?? "unknown";
