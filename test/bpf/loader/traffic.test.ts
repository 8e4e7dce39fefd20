import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../../../components/project-root";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode } from "./private-node";

const ECHO = join(projectRoot(), "test", "bpf", "loader", "udp-echo.cjs");

describe("a swap under traffic", function () {
  let node: PrivateNode;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  before(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
  });
  after(() => node.stop());

  it("loses no packet, and the program's own map counts every one", async function () {
    this.timeout(120_000);
    const [serverProgram, serverArgs] = node.words([process.execPath, ECHO, "serve", "198.18.77.1"]);
    const server = spawn(serverProgram, serverArgs, { stdio: ["pipe", "pipe", "inherit"] });
    await once(createInterface({ input: server.stdout }), "line");
    node.must("apply", node.put({}));
    const counted = (): number => {
      const { entries } = node.must("map", "dump", "alpha", "counts") as unknown as {
        entries: { value: string }[];
      };
      return Buffer.from(entries[0]?.value ?? "00000000", "hex").readUInt32LE();
    };
    const before = counted();

    const [clientProgram, clientArgs] = node.words([process.execPath, ECHO, "ask", "198.18.77.1"], "peer");
    const client = spawn(clientProgram, clientArgs, { stdio: ["pipe", "pipe", "inherit"] });
    const answer = once(createInterface({ input: client.stdout }), "line");
    const swaps = 30;
    for (let swap = 1; swap <= swaps; swap++) {
      const { error, changed } = node.apply({ flags: [`-DVARIANT=${String(swap % 3)}`] });
      assert.equal(error, undefined, JSON.stringify(error));
      assert.equal(changed, true);
    }
    client.stdin.end();
    const [line] = (await answer) as [string];
    const { asked, lost } = JSON.parse(line) as { asked: number; lost: number };
    server.stdin.end();

    assert.ok(asked > 100 * swaps, `only ${String(asked)} requests were sent during ${String(swaps)} swaps`);
    assert.equal(lost, 0, `${String(lost)} of ${String(asked)} requests were lost`);
    // The map is shared by all versions; the address resolution adds a few packets.
    assert.ok(
      counted() - before >= asked,
      `${String(counted() - before)} packets counted for ${String(asked)} requests`,
    );
  });
});
