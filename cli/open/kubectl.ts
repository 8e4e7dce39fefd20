import { Failure } from "../failure";
import { lastLines, runCommand } from "../run-command";

/** Asks the cluster one question with kubectl. Throws a `Failure` with kubectl's own words. */
export async function kubectl(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr, timedOut } = await runCommand("kubectl", args, { env, timeoutMs: 30_000 });
  if (code === 0) return stdout;
  if (stderr.includes("ENOENT")) throw noKubectl();
  const why = timedOut ? "it did not answer in 30 s" : lastLines(stderr, 1);
  throw new Failure("unreachable", `kubectl ${args.slice(0, 4).join(" ")} … failed: ${why}`);
}

/** What to do without kubectl. */
export function noKubectl(): Failure {
  return new Failure(
    "missingPart",
    "kubectl is not on PATH; install it (its minor version at most one from the cluster's), then run this again.",
  );
}
