import assert from "node:assert/strict";
import { changeLine, countChanges, isUnchanged } from "../../../../cli/stack/changes";
import { endOfProcess, judgeFailure, plainText } from "../../../../cli/stack/engine-problem";
import { endLine, EventRecord } from "../../../../cli/stack/operation";
import { pendingOperations } from "../../../../cli/stack/pending";

describe("the end of a run", () => {
  it("counts a replaced resource once", () => {
    const counts = countChanges({ replace: 2, "create-replacement": 2, "delete-replaced": 2, same: 1 });
    assert.equal(changeLine(counts), "0 created, 0 updated, 2 replaced, 0 deleted, 1 unchanged");
    assert.equal(isUnchanged(counts), false);
  });

  it("ends with one line that names verb, stack and counts", () => {
    const result = {
      changes: countChanges({ create: 3, update: 1, delete: 4, same: 5, read: 1 }),
      seconds: 7,
    };
    assert.equal(
      endLine("up", "lab", result),
      "up lab: 3 created, 1 updated, 0 replaced, 4 deleted, 6 unchanged (7 s)",
    );
    assert.match(endLine("preview", "lab", result), /^preview lab: would be 3 created/);
  });

  it("takes an empty summary for no change", () => assert.ok(isUnchanged(countChanges({}))));
});

describe("a failed operation", () => {
  const record = new EventRecord();
  record.add({
    sequence: 1,
    timestamp: 1,
    diagnosticEvent: {
      urn: "urn:pulumi:lab::ebpf-platform::t::edge",
      prefix: "",
      message: "<{%reset%}>edge: node 198.18.0.2 cannot be reached after 30 s<{%reset%}>\n",
      color: "never",
      severity: "error",
    },
  });

  it("maps an interrupt to 130, whatever else was said", () => {
    assert.equal(judgeFailure("up of lab", true, record, "error: signal").outcome, "interrupted");
  });

  it("maps a mandatory violation to the policy status and lists it", () => {
    const failure = judgeFailure(
      "preview of lab",
      false,
      { errors: [], violations: ["host-key on edge: not pinned"] },
      "",
    );
    assert.equal(failure.outcome, "policy");
    assert.match(failure.message, /refused by the policy pack:\n {2}- host-key on edge/);
  });

  it("names the resource and knows a node that cannot be reached", () => {
    const failure = judgeFailure("up of lab", false, record, "");
    assert.equal(failure.outcome, "unreachable");
    assert.equal(
      failure.message,
      "The up of lab failed:\n  - edge: edge: node 198.18.0.2 cannot be reached after 30 s",
    );
  });

  it("knows a node that did not answer, in the words of the SSH module and of the command provider", () => {
    for (const message of [
      "Preview failed: Node edge did not answer SSH at 198.18.0.2:22 within 30 s (connect ECONNREFUSED); see that it runs, then repeat.",
      "after 8 failed attempts: dial tcp 198.18.0.2:22: connect: no route to host",
      "after 8 failed attempts: proxy: dial tcp 198.18.0.1:22: i/o timeout",
    ]) {
      const errors = [{ resource: "edge-ready", message }];
      assert.equal(judgeFailure("up of lab", false, { errors, violations: [] }, "").outcome, "unreachable");
    }
  });

  it("says what the end of the command provider's dials means and what to do", () => {
    const said = (reason: string): string => {
      const errors = [{ resource: "edge-ready", message: `after 8 failed attempts: ${reason}` }];
      return judgeFailure("up of lab", false, { errors, violations: [] }, "").message;
    };
    const attempted =
      "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain";
    assert.match(
      said(`ssh: handshake failed: ${attempted}`),
      /- edge-ready: its node refused the key of this stack .*authorized_keys/,
    );
    assert.match(
      said("ssh: handshake failed: ssh: host key mismatch"),
      /- edge-ready: its node has another host key than the pinned one .*nothing was sent/,
    );
  });

  it("leaves out what was only stopped by the failure, and keeps it when there is nothing else", () => {
    const stopped = { resource: "default", message: "failed to run remediation: context canceled" };
    const said = (errors: { resource: string; message: string }[]): string =>
      judgeFailure("up of lab", false, { errors, violations: [] }, "").message;
    assert.equal(
      said([{ resource: "web", message: "boom" }, stopped]),
      "The up of lab failed:\n  - web: boom",
    );
    assert.match(said([stopped]), /- default: failed to run remediation/);
  });

  it("shows what a command said, not the command's text", () => {
    const said = (message: string): string =>
      judgeFailure("up of lab", false, { errors: [{ resource: "web", message }], violations: [] }, "")
        .message;
    const sentence = "step lab.web on node edge: the disk is full; make room there and repeat";
    const text = 'running "# Puts the runner in place.\\nprintf \\"%s\\" 1":';
    assert.equal(
      said(`Process exited with status 1: ${text}\n${sentence}\n`),
      `The up of lab failed:\n  - web: ${sentence}`,
    );
    assert.equal(said(`exit status 1: ${text}\n${sentence}`), `The up of lab failed:\n  - web: ${sentence}`);
    assert.match(
      said(`Process exited with status 137 from signal KILL: ${text}\n`),
      /- web: Process exited with status 137 from signal KILL and said nothing\.$/,
    );
  });

  it("knows a lock, drops empty messages, and never ends without a reason", () => {
    const locked = judgeFailure(
      "up of lab",
      false,
      { errors: [], violations: [] },
      "error: the stack is currently locked by 1 lock(s).",
    );
    assert.equal(locked.outcome, "locked");
    const errors = [{ message: "update failed" }, { resource: "r", message: "boom" }];
    assert.equal(
      judgeFailure("up of lab", false, { errors, violations: [] }, "").message,
      "The up of lab failed:\n  - r: boom",
    );
    assert.match(
      judgeFailure("up of lab", false, { errors: [], violations: [] }, "").message,
      /gave no reason/,
    );
  });

  it("tells how an engine ended that said nothing", () => {
    const error =
      "code: -2\n stderr: Command was killed with SIGKILL (Forced termination): pulumi up --yes\n";
    assert.equal(endOfProcess(error), "the engine was killed with SIGKILL and gave no reason");
    assert.equal(endOfProcess("spawn pulumi ENOENT"), "spawn pulumi ENOENT");
  });

  it("knows a config that the engine refuses", () => {
    const said = "error: validating stack config: Stack 'lab' is missing configuration value 'nodes'";
    assert.equal(judgeFailure("up of lab", false, { errors: [], violations: [] }, said).outcome, "usage");
  });

  it("strips the engine's colour marks", () => assert.equal(plainText("<{%fg 1%}>red<{%reset%}> "), "red"));
});

describe("pending operations", () => {
  it("are named by what they did to which resource", () => {
    const deployment = {
      resources: [],
      pending_operations: [{ type: "creating", resource: { urn: "urn:pulumi:lab::p::t::edge", type: "t" } }],
    };
    assert.deepEqual(pendingOperations(deployment), ["creating edge"]);
    assert.deepEqual(pendingOperations({}), []);
  });
});
