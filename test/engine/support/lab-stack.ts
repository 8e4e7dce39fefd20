import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ProjectCopy } from "./project-copy.js";
import { run, type RunOptions, type RunResult, tail } from "./run.js";

export interface LabStackOptions {
  /** Stack name; also part of the nodes' names on this machine, so unique among tests that may run at once. */
  readonly stack: string;
  /** Third octet of 198.18.x.0/24 (RFC 2544 test range); unique like the name. The lab itself has 10. */
  readonly network: number;
  /** Changes to the text of the lab's stack file, after names and addresses have been replaced. */
  readonly config?: (text: string) => string;
}

/** A boot takes seconds; beside the builds of a cold machine it was seen to take more than a minute. */
const BOOT_LIMIT_MS = 180_000;

/** The parts of a node's registry entry that tests look at. */
export interface NodeRecord {
  readonly address: string;
  readonly root: string;
  readonly netns: string;
  readonly cgroup: string;
}

/** A lab of its own for one test file: the real program, engine, nodes and programs, on a copy of the checkout. */
export class LabStack {
  readonly copy: ProjectCopy;
  readonly stack: string;
  readonly prefix: string;
  readonly vip: string;
  readonly bridge: string;

  constructor(options: LabStackOptions) {
    this.stack = options.stack;
    this.prefix = `198.18.${options.network}`;
    this.vip = `${this.prefix}.100`;
    this.bridge = `ebp-${options.stack}`;
    this.copy = new ProjectCopy(options.stack);
    const text = this.copy
      .read("Pulumi.lab.yaml")
      .replaceAll("198.18.10.", `${this.prefix}.`)
      .replaceAll("bridge: ebp-lab", `bridge: ${this.bridge}`);
    this.copy.write(this.stackFile, options.config ? options.config(text) : text);
  }

  get stackFile(): string {
    return `Pulumi.${this.stack}.yaml`;
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, EBPF_PLATFORM_STATE_DIR: this.copy.stateDir, NO_COLOR: "1" };
  }

  /** `platform <verb> <stack> …`, whatever its exit status. */
  platform(
    verb: string,
    args: readonly string[] = [],
    options: Partial<RunOptions> = {},
  ): Promise<RunResult> {
    return run(process.execPath, [join(this.copy.root, "cli/platform.js"), verb, this.stack, ...args], {
      cwd: this.copy.root,
      env: this.env,
      ...options,
    });
  }

  /** The same, and it must end with status 0. */
  async platformOk(
    verb: string,
    args: readonly string[] = [],
    options: Partial<RunOptions> = {},
  ): Promise<RunResult> {
    const result = await this.platform(verb, args, options);
    assert.equal(result.code, 0, `platform ${verb} ${this.stack}: ${tail(result)}`);
    return result;
  }

  /** Plain `pulumi …` in the environment that `platform env` prints, as a user's shell would have it. */
  pulumi(args: string, options: Partial<RunOptions> = {}): Promise<RunResult> {
    const script = `eval "$(${process.execPath} cli/platform.js env ${this.stack})" && exec pulumi ${args}`;
    return run("bash", ["-c", script], { cwd: this.copy.root, env: this.env, ...options });
  }

  async pulumiOk(args: string, options: Partial<RunOptions> = {}): Promise<RunResult> {
    const result = await this.pulumi(args, options);
    assert.equal(result.code, 0, `pulumi ${args}: ${tail(result)}`);
    return result;
  }

  /**
   * Runs a shell text as root inside a node, past SSH and engine: what a person with a console would do.
   * A node that goes down stops its processes first, and nsenter stops with its child: only SIGKILL ends it then.
   */
  onNode(node: string, script: string, timeout = 120_000): string {
    return execFileSync(
      "nsenter",
      ["--target", String(this.nodePid(node)), "--all", "--", "/bin/bash", "-euo", "pipefail", "-c", script],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout, killSignal: "SIGKILL" },
    );
  }

  /** Process id of the node's pid 1 on this machine: the first of its init scope (the registry names a supervisor). */
  nodePid(node: string): number {
    const { cgroup } = this.registry(node);
    const pids = readFileSync(join(cgroup, "payload/init.scope/cgroup.procs"), "utf8");
    return Number(pids.split("\n", 1)[0]);
  }

  /** Another value after every boot of a node: when its systemd began. */
  bootOf(node: string): string {
    return this.onNode(node, "systemctl show --value --property=UserspaceTimestampMonotonic", 10_000);
  }

  /** Waits until a node has booted anew and its systemd is done with all units. */
  async untilBooted(node: string, bootBefore: string): Promise<void> {
    const deadline = Date.now() + BOOT_LIMIT_MS;
    for (;;) {
      try {
        if (this.bootOf(node) !== bootBefore) {
          this.onNode(
            node,
            "systemctl is-system-running --wait || [[ $(systemctl is-system-running) == degraded ]]",
            30_000,
          );
          return;
        }
      } catch (error) {
        // Between two boots there is no pid 1, and at the start of one nobody answers.
        if (Date.now() > deadline) throw error;
      }
      if (Date.now() > deadline)
        throw new Error(`Node ${node} did not boot within ${BOOT_LIMIT_MS / 1000} s.`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** What the nspawn driver recorded of a node. */
  registry(node: string): NodeRecord {
    const file = `/run/ebpf-platform/nspawn/${this.stack}/${node}.json`;
    return JSON.parse(readFileSync(file, "utf8")) as NodeRecord;
  }

  /** Destroys the nodes and removes the copy; for `after` hooks, so it must work from any state. */
  async dispose(): Promise<void> {
    const result = await this.platform("down", ["--yes"]);
    assert.equal(result.code, 0, `platform down ${this.stack}: ${tail(result)}`);
    this.copy.remove();
  }
}
