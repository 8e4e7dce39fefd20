import { fail, notRun, pass, type CheckResult } from "@ebpf-platform/lib/verify/result";
import { lastLines, runCommand } from "../run-command";

const STATUS_MS = 120_000;
/** The connectivity test makes pods and takes about ten minutes. */
const CONNECTIVITY_MS = 1_800_000;

/** Cilium's own tests, where its command line is installed. The connectivity test only when asked: it makes pods. */
export async function checkCilium(
  kubeconfig: string | undefined,
  connectivity: boolean,
): Promise<CheckResult[]> {
  const found = (await runCommand("cilium", ["version", "--client"], { timeoutMs: 20_000 })).code === 0;
  const tests = [
    ["cluster.cilium.status", "cilium status --verbose", ["status", "--verbose"], STATUS_MS],
    ["cluster.cilium.connectivity", "cilium connectivity test", ["connectivity", "test"], CONNECTIVITY_MS],
  ] as const;
  const results: CheckResult[] = [];
  for (const [id, title, words, timeoutMs] of tests) {
    const check = { id, group: "cluster", title: `${title} succeeds`, subject: "" } as const;
    const missing = !found
      ? "the command line of Cilium is not on PATH"
      : kubeconfig === undefined
        ? "--kubeconfig was not given: Cilium's command line reads a file"
        : words[0] === "connectivity" && !connectivity
          ? "it makes pods; ask for it with --connectivity"
          : undefined;
    if (missing !== undefined || kubeconfig === undefined) {
      results.push({ ...check, outcome: notRun(missing ?? ""), seconds: 0 });
      continue;
    }
    const started = Date.now();
    const { code, stdout, stderr } = await runCommand("cilium", words, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      timeoutMs,
    });
    const last = lastLines(stderr === "" ? stdout : stderr, 1);
    results.push({
      ...check,
      outcome:
        code === 0 ? pass(last) : fail(`status ${String(code ?? "none")}: ${last}`, `run \`${title}\``),
      seconds: (Date.now() - started) / 1000,
    });
  }
  return results;
}
