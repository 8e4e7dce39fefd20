import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pollUntil } from "../../components/node/poll.js";
import { seed, soak } from "../support/seed.js";
import { atPoint, drawPoints, type KillPoint } from "./support/kill-point.js";
import { LabStack } from "./support/lab-stack.js";
import { leftovers, programIds, programsAlive } from "./support/leftovers.js";
import { killTree, processesWith } from "./support/process-tree.js";
import { killGroup, type RunResult, tail } from "./support/run.js";

const NODES = ["edge", "backend-1"] as const;
const ADDRESSES = ["198.18.63.10", "198.18.63.21"];
/** Where the scripts of the owned steps note that they ran to their end. */
const RUNS = "/var/log/owned-steps";
/** Lines about changes that every run has: of a new stack (23 resources), and of one whose steps have all changed. */
const LINES = { fresh: 30, changed: 10 };

/** Two nodes, two programs, map contents, and one owned step on each node. */
function twoNodes(text: string): string {
  return text.replace(/ *- \{name: (backend-2|client),.*\n/g, "").replace(/ *- \{node: backend-2,.*\n/, "");
}

describe("an engine that is killed", function () {
  this.timeout(900_000);
  const lab = new LabStack({ stack: "t-kill", network: 63, config: twoNodes });
  let vip = lab.vip;
  let up = false;
  let edits = 0;

  before(() => {
    for (const [script, words] of [
      ["vip-up.sh", "up $VIPS"],
      ["vip-down.sh", "down ${vips[*]}"],
    ] as const) {
      const path = `components/load-balancer/scripts/${script}`;
      lab.copy.write(path, `${lab.copy.read(path)}\necho "${words}" >>${RUNS}\n`);
    }
  });

  after(() => lab.dispose());

  /** Every step of every node has other content: the declarative ones run again, the owned ones are undone and redone. */
  function changeEverything(): void {
    const next = vip === lab.vip ? `${lab.prefix}.101` : lab.vip;
    lab.copy.edit(lab.stackFile, `address: ${vip}\n`, `address: ${next}\n`);
    vip = next;
    const ready = "components/node/scripts/ready.sh";
    lab.copy.write(ready, `${lab.copy.read(ready)}# edit ${String(++edits)}\n`);
  }

  /** What must be the same after any number of runs: the machine, and that it did not boot again. */
  function machines(): Map<string, string> {
    const booted = NODES.filter((node) => existsSync(`/run/ebpf-platform/nspawn/${lab.stack}/${node}.json`));
    return new Map(
      booted.map((node) => {
        const instance = readFileSync(join(dirname(lab.registry(node).root), "instance"), "utf8").trim();
        const id = lab.onNode(node, "cat /etc/machine-id").trim();
        return [node, `instance ${instance}, machine-id ${id}, pid 1 is ${String(lab.nodePid(node))}`];
      }),
    );
  }

  /** Between two complete runs of an owned step with one content lies its undo, and the last one holds now. */
  function assertOwnedStepsOnce(): void {
    for (const node of NODES) {
      const runs = lab.onNode(node, `cat ${RUNS}`).trim().split("\n");
      let held: string | undefined;
      for (const line of runs) {
        const [verb, address] = line.split(" ");
        if (verb === "up") assert.notEqual(held, address, `ran twice on ${node}: ${runs.join(", ")}`);
        held = verb === "up" ? address : undefined;
      }
      assert.equal(held, vip, `${node}: ${runs.join(", ")}`);
      const steps = lab.onNode(
        node,
        "cd /var/lib/ebpf-platform/steps && for s in *; do echo $s $(sed -n 2p $s/result); done",
      );
      for (const step of steps.trim().split("\n")) assert.match(step, / 0$/, `${node}: ${steps}`);
    }
  }

  const locks = (): string[] =>
    readdirSync(lab.copy.stateDir, { recursive: true, encoding: "utf8" }).filter((path) =>
      /locks\/.*\.json$/.test(path),
    );

  async function assertConverges(): Promise<void> {
    const before = machines();
    await lab.platformOk("up");
    up = true;
    const after = machines();
    assert.equal(after.size, NODES.length);
    for (const [node, facts] of before)
      assert.equal(after.get(node), facts, `${node} was rebuilt or booted again`);
    assertOwnedStepsOnce();
    const again = await lab.platformOk("preview", ["--json", "--expect-no-changes"]);
    const { changes } = JSON.parse(again.stdout) as { changes: Record<string, number> };
    assert.ok((changes.unchanged ?? 0) > 20, "a preview of everything");
    assert.deepEqual(locks(), []);
    assert.deepEqual(processesWith(lab.copy.root), [], "nothing of the killed engine runs on");
  }

  async function cutOff(point: KillPoint): Promise<RunResult> {
    const result = await lab.platform("up", [], {
      started: (child) => {
        atPoint(child, point, () => {
          const engine = /cli\/platform\.js |\bpulumi (up|preview|refresh) /;
          killTree(child.pid ?? 0, (command) => point.victims === "everything" || engine.test(command));
        });
      },
    });
    assert.equal(result.signal, "SIGKILL", `the run ended before its point: ${tail(result)}`);
    return result;
  }

  const count = soak ? 10 : 2;
  const fresh = (nth: number): boolean => nth === 0 || (soak && nth % 2 === 0);
  drawPoints(seed, count, (nth) => (fresh(nth) ? LINES.fresh : LINES.changed)).forEach((point, nth) => {
    const what = `${fresh(nth) ? "a new stack" : "a changed stack"}, ${point.phase} line ${String(point.line)}, ${point.victims}`;
    it(`is made up for by the next up (seed ${String(seed)}, kill ${String(nth)}: ${what})`, async () => {
      if (fresh(nth)) {
        if (up) await lab.platformOk("down", ["--yes"]);
      } else {
        if (!up) await lab.platformOk("up");
        changeEverything();
      }
      await cutOff(point);
      await assertConverges();
    });
  });

  it("ends in order at a Ctrl-C, with status 130 and nothing pending, and the next up goes on from there", async () => {
    if (!up) await lab.platformOk("up");
    changeEverything();
    const result = await lab.platform("up", [], {
      started: (child) => {
        atPoint(child, { phase: "update", line: 2 }, () => {
          killGroup(child, "SIGINT");
        });
      },
    });
    assert.equal(result.code, 130, tail(result));
    assert.match(result.stderr, /up of t-kill was interrupted; run it again to converge/);
    assert.deepEqual(locks(), []);
    assert.deepEqual(processesWith(lab.copy.root), []);
    const state = await lab.pulumiOk("stack export");
    assert.doesNotMatch(state.stdout, /pending_operations/);
    await assertConverges();
  });

  it("leaves nothing on this machine after down", async () => {
    if (!up) await lab.platformOk("up");
    const programs = programIds(lab, NODES);
    assert.ok(programs.length >= 5, "two programs, the root and a port's program on each node");
    await lab.platformOk("down", ["--yes"]);
    up = false;
    assert.deepEqual(leftovers(lab, ADDRESSES), []);
    assert.equal(existsSync(lab.copy.stateDir), false, "the empty state folder goes too");
    // The kernel frees a program some time after its last user is gone.
    await pollUntil(10_000, () => Promise.resolve(programsAlive(programs).length === 0 ? true : undefined));
    assert.deepEqual(programsAlive(programs), []);
  });
});
