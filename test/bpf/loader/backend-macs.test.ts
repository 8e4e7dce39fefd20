import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../../../components/project-root";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode } from "./private-node";

const SCRIPT = join(projectRoot(), "components", "load-balancer", "scripts", "backend-macs.sh");

describe("MAC addresses of backends that are no machines of ours", function () {
  this.timeout(60_000);
  let node: PrivateNode;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  before(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
    // A router on the other end, and a network behind another interface.
    node.run("ip", "route", "add", "198.18.78.0/24", "via", "198.18.77.2");
    node.run("ip", "link", "add", "other0", "type", "bridge");
    node.run("ip", "address", "add", "198.18.79.1/24", "dev", "other0");
    node.run("ip", "link", "set", "other0", "up");
  });
  after(() => node.stop());

  /** Runs the script as NodeCommand does: its answer is what it writes to descriptor 3. */
  function ask(backends: string, onLink = ""): { status: number | null; answer: string; stderr: string } {
    const [command, args] = node.words(["bash", "-c", '"$0" 3>&1 >&2', SCRIPT]);
    const environment = { BACKENDS: backends, INTERFACE: "host0", ON_LINK: onLink };
    const { status, stdout, stderr } = spawnSync(command, args, {
      encoding: "utf8",
      env: { ...process.env, ...environment },
    });
    return { status, answer: stdout, stderr };
  }

  it("are those of a neighbour, or of the router in front of it", () => {
    const [command, args] = node.words(["ip", "-br", "link", "show", "peer0"], "peer");
    const peer = spawnSync(command, args, { encoding: "utf8" }).stdout.split(/\s+/)[2];
    assert.ok(peer);
    const { status, answer, stderr } = ask("near=198.18.77.2 far=198.18.78.9", "near");
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(answer), { macs: { near: peer, far: peer } });
  });

  for (const [what, backends, onLink, said] of [
    [
      "does not answer",
      "gone=198.18.77.99",
      "",
      /backend gone \(198.18.77.99\).*does not answer on host0; start/,
    ],
    [
      "is behind a router in mode dsr-l2",
      "far=198.18.78.9",
      "far",
      /behind the router 198.18.77.2.*use dsr-ipip/,
    ],
    ["is behind another interface", "side=198.18.79.9", "", /leaves through other0.*loadBalancer.interface/],
    ["has no route", "lost=203.0.113.9", "", /backend lost \(203.0.113.9\).*there is no route to it/],
  ] as const) {
    it(`are missed by name when one ${what}`, () => {
      const { status, answer, stderr } = ask(backends, onLink);
      assert.equal(status, 1);
      assert.equal(answer, "");
      assert.match(stderr, said);
    });
  }
});
