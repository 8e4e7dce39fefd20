import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { projectRoot } from "../../components/project-root";
import { completeLock } from "../../test/engine/support/complete-lock";
import { ProjectCopy } from "../../test/engine/support/project-copy";
import type { Config, ConfiguredNode } from "../../test/support/buildable-config";

const stack = "bench-policy";
const version = "2026.11.99";

/** A copy of the checkout with prod's stack in it, ready for previews, which never reach a machine. */
export class ProdStack {
  readonly #copy = new ProjectCopy(stack);
  readonly #env: NodeJS.ProcessEnv;

  /** @param more machines with a BPF program each, beyond those of Pulumi.prod.yaml */
  constructor(more: number) {
    mkdirSync(join(projectRoot(), ".cache"), { recursive: true }); // the copy's is a link to it
    const config = this.#prodConfig();
    addMachines(config, more);
    const keyed = Object.entries(config).map(([key, value]) => [`ebpf-platform:${key}`, value] as const);
    this.#copy.write(`Pulumi.${stack}.yaml`, stringify({ config: Object.fromEntries(keyed) }));
    this.#env = this.#environment();
  }

  /** Milliseconds of one preview, and the number of resources in it. */
  preview(withPack: boolean): { readonly milliseconds: number; readonly resources: number } {
    const started = process.hrtime.bigint();
    const text = this.#bash(`pulumi preview --non-interactive ${withPack ? "--policy-pack policy" : ""}`);
    const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
    const resources = Number(/\+ (\d+) to create/.exec(text)?.[1] ?? 0);
    if (resources === 0 || withPack !== text.includes("Policies:"))
      throw new Error(`The preview did not do what is measured:\n${text}`);
    return { milliseconds, resources };
  }

  remove(): void {
    this.#copy.remove();
  }

  /** Prod's config, with a lock in the copy that has no open digests: prod runs no other. */
  #prodConfig(): Config {
    const file = parse(this.#copy.read("Pulumi.prod.yaml")) as { config: Config };
    const config = Object.fromEntries(
      Object.entries(file.config).map(([key, value]) => [key.replace("ebpf-platform:", ""), value]),
    );
    const [base = ""] = (config["release"] as string).split("@");
    const lock = completeLock(
      this.#copy.read(`releases/${base}.json`),
      this.#copy.read("releases/pins.json"),
      version,
    );
    this.#copy.write(`releases/${version}.json`, lock.text);
    return { ...config, release: lock.reference };
  }

  #environment(): NodeJS.ProcessEnv {
    const own = { ...process.env, EBPF_PLATFORM_STATE_DIR: this.#copy.stateDir, NO_COLOR: "1" };
    const script = `eval "$('${process.execPath}' cli/platform.js env ${stack})" && env -0`;
    const text = execFileSync("bash", ["-c", script], { cwd: this.#copy.root, env: own, encoding: "utf8" });
    return Object.fromEntries(
      text
        .split("\0")
        .filter((line) => line.includes("="))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  #bash(command: string): string {
    try {
      return execFileSync("bash", ["-c", command], {
        cwd: this.#copy.root,
        env: this.#env,
        encoding: "utf8",
      });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} failed in ${this.#copy.root}:\n${stdout ?? ""}${stderr ?? ""}`, {
        cause: error,
      });
    }
  }
}

function addMachines(config: Config, more: number): void {
  const nodes = config["nodes"] as ConfiguredNode[];
  const bpf = config["bpf"] as { programs: { node: string }[] };
  const [edge] = nodes.filter(({ role }) => role === "edge");
  const [program] = bpf.programs;
  if (edge === undefined || program === undefined)
    throw new Error("Pulumi.prod.yaml has no edge with a program.");
  const prefix = edge.address.replace(/\d+$/, "");
  for (let index = 0; index < more; index++) {
    const [name, address] = [`more-${index}`, `${prefix}${120 + index}`];
    const own = JSON.parse(JSON.stringify(edge).replaceAll(edge.address, address)) as ConfiguredNode;
    nodes.push({ ...own, name });
    bpf.programs.push({ ...program, name: `conntrack-${index}`, node: name } as typeof program);
  }
}
