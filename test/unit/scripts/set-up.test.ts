import assert from "node:assert/strict";

const machine = {
  platform: "linux",
  uid: 0,
  node: "v20.19.0",
  wantedNode: "20.19",
  hasApt: true,
  hasNpm: true,
};

describe("the set-up of a fresh machine", () => {
  it("names the one thing that is wrong, with the way out", async () => {
    const { machineProblem } = await import("../../../scripts/machine.mjs");
    assert.equal(machineProblem(machine), undefined);
    assert.equal(machineProblem({ ...machine, node: "v22.1.0" }), undefined);
    assert.match(
      machineProblem({ ...machine, platform: "darwin" }) ?? "",
      /needs Linux and this is darwin.*VM/,
    );
    assert.match(machineProblem({ ...machine, node: "v20.18.3" }) ?? "", /needs Node 20\.19.*v20\.18\.3/);
    assert.match(machineProblem({ ...machine, uid: 1000 }) ?? "", /needs root.*sudo/);
    assert.match(machineProblem({ ...machine, hasApt: false }) ?? "", /apt-get/);
    assert.match(machineProblem({ ...machine, hasNpm: false }) ?? "", /install npm/);
  });

  it("finds who holds apt's lock, and not who waits for it", async () => {
    const { lockHolders } = await import("../../../scripts/apt.mjs");
    const table = [
      "1: POSIX  ADVISORY  WRITE 4242 fe:00:777 0 EOF",
      "1: -> POSIX  ADVISORY  WRITE 4343 fe:00:777 0 EOF",
      "2: FLOCK  ADVISORY  WRITE 99 fe:00:778 0 EOF",
      "",
    ].join("\n");
    assert.deepEqual(lockHolders(table, new Set([777])), [4242]);
    assert.deepEqual(lockHolders(table, new Set([1])), []);
  });

  it("takes node_modules for fresh only when it is what the lock file says", async () => {
    const { modulesMatch } = await import("../../../scripts/node-modules.mjs");
    const wanted = {
      "": { version: "0.1.0" },
      lib: { version: "0.1.0" },
      "node_modules/lib": { link: true },
      "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
      "node_modules/other-platform": { version: "1.0.0", integrity: "sha512-b", optional: true },
    };
    const installed = { "node_modules/lib": { link: true }, "node_modules/a": wanted["node_modules/a"] };
    assert.equal(modulesMatch(wanted, installed), true);
    assert.equal(modulesMatch(wanted, {}), false);
    const other = { ...installed, "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } };
    assert.equal(modulesMatch(wanted, other), false);
  });
});
