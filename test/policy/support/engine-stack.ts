import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { stringify } from "yaml";
import { run, type RunResult } from "../../engine/support/run";

const checkout = resolve(__dirname, "..", "..", "..");

const config = {
  "ebpf-platform:stage": "lab",
  "ebpf-platform:release": "workspace",
  "ebpf-platform:network": { cidr: "198.18.77.0/24", bridge: "ebp-policy" },
  "ebpf-platform:nodes": [
    { name: "first", role: "edge", driver: "nspawn", address: "198.18.77.10" },
    { name: "second", role: "backend", driver: "nspawn", address: "198.18.77.11" },
  ],
};

/** A small stack with a backend of its own, under the real engine and a copy of the compiled pack. */
export class EngineStack {
  readonly root = mkdtempSync(join(tmpdir(), "ebpf-platform-policy-"));
  /** The program's resources write their names here when they are created. */
  readonly touchedFile = join(this.root, "touched");

  constructor(private readonly engineBin: string) {
    symlinkSync(join(checkout, "node_modules"), join(this.root, "node_modules"));
    cpSync(join(checkout, "policy"), join(this.root, "policy"), { recursive: true });
    cpSync(join(checkout, "test", "policy", "engine-program"), this.root, { recursive: true });
    mkdirSync(join(this.root, "state"));
    writeFileSync(join(this.root, "Pulumi.test.yaml"), stringify({ config }));
  }

  /** Runs `pulumi`; `changes` reach the program as environment. */
  pulumi(args: readonly string[], changes: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    const standins = join(checkout, "test", "engine", "standins", "bin");
    const env = {
      ...process.env,
      ...changes,
      PATH: [standins, this.engineBin, process.env.PATH ?? ""].join(delimiter),
      HOME: this.root,
      PULUMI_HOME: join(this.root, ".pulumi"),
      PULUMI_BACKEND_URL: `file://${join(this.root, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "policy test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      NO_COLOR: "1",
      TOUCHED: this.touchedFile,
    };
    return run(join(this.engineBin, "pulumi"), [...args, "--non-interactive"], { cwd: this.root, env });
  }

  up(changes: Readonly<Record<string, string>> = {}, ...more: readonly string[]): Promise<RunResult> {
    return this.pulumi(["up", "--yes", "--stack", "test", "--policy-pack", "policy", ...more], changes);
  }

  preview(changes: Readonly<Record<string, string>> = {}, ...more: readonly string[]): Promise<RunResult> {
    return this.pulumi(["preview", "--stack", "test", "--policy-pack", "policy", ...more], changes);
  }

  /** Names of the resources that were created since the last call. */
  touched(): readonly string[] {
    if (!existsSync(this.touchedFile)) return [];
    const names = readFileSync(this.touchedFile, "utf8").split("\n").filter(Boolean);
    rmSync(this.touchedFile);
    return names.sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
