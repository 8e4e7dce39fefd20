import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nearest } from "@ebpf-platform/lib/nearest";
import { projectRoot } from "../../components/project-root";
import { Failure } from "../failure";

/** One probe of bpf/trace, as the head of its file describes it. */
export interface Probe {
  readonly name: string;
  readonly what: string;
  /** The BCC tool that does the same; `-` where there is none. */
  readonly bcc: string;
  /** The event it hangs on, in bpftrace's words: `tracepoint:category:name`, `kprobe:function`, … */
  readonly needs: string;
  readonly script: string;
}

const folder = join(projectRoot(), "bpf", "trace");

/** Every probe, by name. Throws when a file says not in its head what it is. */
export function probes(): Probe[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".bt"))
    .sort()
    .map((file) => parseProbe(file.slice(0, -".bt".length), readFileSync(join(folder, file), "utf8")));
}

function parseProbe(name: string, script: string): Probe {
  const head =
    /^\/\/ (\S+): (.+)\.\n\/\/ BCC: (.+)\n\/\/ Needs: (.+)\n\/\/ Arguments: seconds, most lines\.\n/.exec(
      script,
    );
  const [, titled, what = "", bcc = "", needs = ""] = head ?? [];
  if (titled !== name) {
    throw new Error(`bpf/trace/${name}.bt does not begin with its name, its BCC tool and what it needs.`);
  }
  return { name, what, bcc, needs, script };
}

/** The probe of a name. Throws a `Failure` that names the nearest. */
export function findProbe(name: string): Probe {
  const all = probes();
  const found = all.find((probe) => probe.name === name);
  if (found) return found;
  const names = all.map((probe) => probe.name);
  const meant = nearest(name, names);
  throw new Failure(
    "usage",
    meant === undefined
      ? `There is no probe "${name}"; choose one of ${names.join(", ")}.`
      : `There is no probe "${name}"; did you mean ${meant}? \`list\` shows all.`,
  );
}

/** The script that runs a probe on a node, see its head. */
export function runScript(): string {
  return readFileSync(join(folder, "run.sh"), "utf8");
}
