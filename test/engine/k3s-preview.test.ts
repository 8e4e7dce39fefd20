import assert from "node:assert/strict";
import { stringify } from "yaml";
import { lookForEngine } from "../../cli/engine/locate";
import { missing } from "../support/missing";
import { ProjectCopy } from "./support/project-copy";
import { run, type RunResult } from "./support/run";

const keys = (cluster: object): string =>
  stringify({
    config: {
      "ebpf-platform:stage": "dev",
      "ebpf-platform:release": "workspace",
      "ebpf-platform:network": { cidr: "198.18.85.0/24", bridge: "ebp-t-k3s" },
      "ebpf-platform:nodes": [
        ...["cp-1", "cp-2", "cp-3"].map((name, index) => ({
          ...{ name, role: "server", driver: "nspawn", address: `198.18.85.1${String(index)}` },
        })),
        { name: "dp-1", role: "agent", driver: "nspawn", address: "198.18.85.20", labels: { tier: "data" } },
      ],
      "ebpf-platform:cluster": { kind: "k3s", ...cluster },
      "ebpf-platform:platform": { tetragon: "audit", falco: "rules", vault: "dev" },
    },
  });

describe("a k3s cluster of our own, previewed by the real engine", function () {
  this.timeout(600_000);
  let copy: ProjectCopy | undefined;
  const project = (): ProjectCopy => copy!;

  before(async function () {
    const found = await lookForEngine();
    if ("reason" in found) missing(this, "the Pulumi engine");
    copy = new ProjectCopy("t-k3s");
  });

  after(() => copy?.remove());

  const preview = async (cluster: object): Promise<RunResult> => {
    project().write("Pulumi.t-k3s.yaml", keys(cluster));
    const env = { ...process.env, EBPF_PLATFORM_STATE_DIR: project().stateDir, NO_COLOR: "1" };
    const shell = `eval "$(${process.execPath} cli/platform.js env t-k3s)" && ${process.execPath} cli/platform.js preview t-k3s`;
    return run("bash", ["-c", shell], { cwd: project().root, env });
  };

  it("stops before anything when nobody says which hash the binary has, and says what to place where", async () => {
    const result = await preview({});
    assert.notEqual(result.code, 0);
    assert.match(
      result.stdout + result.stderr,
      /Stack t-k3s runs k3s v[\d.]+\+k3s\d+ and nobody says which SHA-256 .* set cluster\.folder/,
    );
  });
});
