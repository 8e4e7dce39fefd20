import assert from "node:assert/strict";
import type { LsmConfig } from "../../../lib/src/config";
import { decodeLsmEvent, LSM_RECORD } from "../../../lib/src/lsm-events";
import { ALWAYS_EXEMPT, encodeLsmMaps } from "../../../lib/src/lsm-maps";

const shared = { name: "p", node: "web", scope: [], exempt: [] };
const exec: LsmConfig = {
  ...shared,
  kind: "exec",
  list: "allow",
  files: ["/usr/bin/wget", "/opt/tools/"],
  digests: ["ab".repeat(32)],
};

function records(bytes: Buffer | undefined, size: number): Buffer[] {
  assert.ok(bytes && bytes.length % size === 0);
  return Array.from({ length: bytes.length / size }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** The tree of cgroups as paths with their flags and rule. */
function cgroups(policy: LsmConfig): Record<string, [flags: number, rule: number]> {
  const paths = new Map([[0, ""]]);
  return Object.fromEntries(
    records(encodeLsmMaps(policy, "audit").get("cgroups"), 96 + 12).map((record) => {
      const name = record.toString("utf8", 4, record.indexOf(0, 4));
      const path = `${paths.get(record.readUInt32LE(0)) ?? "?"}/${name}`;
      paths.set(record.readUInt32LE(96), path);
      return [path, [record.readUInt32LE(100), record.readUInt32LE(104)]];
    }),
  );
}

describe("encodeLsmMaps", () => {
  it("writes the switch last", () => {
    assert.deepEqual(
      [...encodeLsmMaps(exec, "audit").keys()],
      ["cgroups", "inodes", "paths", "digests", "settings"],
    );
  });

  it("switches mode, list and scope", () => {
    const words = (policy: LsmConfig, mode: "audit" | "enforce") =>
      [...new Uint32Array(new Uint8Array(encodeLsmMaps(policy, mode).get("settings") ?? []).buffer)].slice(1);
    assert.deepEqual(words(exec, "audit"), [1, 1, 0, 0]);
    assert.deepEqual(words({ ...exec, list: "deny", scope: ["/a"] }, "enforce"), [2, 0, 1, 0]);
  });

  it("compares a file with its final NUL, and a folder as the beginning of what is below it", () => {
    const [file, folder] = records(encodeLsmMaps(exec, "audit").get("paths"), 132 + 8);
    assert.equal(file?.readUInt32LE(0), 8 * ("/usr/bin/wget".length + 1));
    assert.equal(folder?.readUInt32LE(0), 8 * "/opt/tools/".length);
    assert.equal(folder?.readUInt32LE(132), 2);
  });

  it("leaves inodes to the node, and knows folders by their path alone", () => {
    assert.equal(String(encodeLsmMaps(exec, "audit").get("inodes")), "0100000000000000 /usr/bin/wget\n");
  });

  it("numbers digests behind files", () => {
    const [digest] = records(encodeLsmMaps(exec, "audit").get("digests"), 40);
    assert.equal(digest?.readUInt32LE(32), 3);
  });

  it("always exempts the SSH daemon's cgroup", () => {
    for (const path of ALWAYS_EXEMPT) assert.deepEqual(cgroups(exec)[path], [1, 0]);
    assert.deepEqual(cgroups(exec)["/system.slice"], [0, 0]);
  });

  it("makes one tree of all cgroups", () => {
    const found = cgroups({
      ...shared,
      kind: "kill",
      files: ["/usr/sbin/sshd"],
      cgroups: ["/system.slice/nginx.service", "/system.slice/ssh.service"],
      scope: ["/user.slice"],
    });
    assert.deepEqual(found["/system.slice/nginx.service"], [4, 2]);
    assert.deepEqual(found["/system.slice/ssh.service"], [1 | 4, 3]);
    assert.deepEqual(found["/user.slice"], [2, 0]);
  });

  it("writes a port before the prefix, both in network order", () => {
    const policy: LsmConfig = {
      ...shared,
      kind: "connect",
      list: "deny",
      rules: [
        { to: "203.0.113.0/24", port: 443, action: "allow" },
        { to: "2001:db8::/32", action: "deny" },
      ],
    };
    const maps = encodeLsmMaps(policy, "audit");
    assert.equal(
      maps.get("connect4")?.toString("hex"),
      "28000000" + "01bb" + "cb007100" + "0000" + "0100000001000000",
    );
    const [six] = records(maps.get("connect6"), 24 + 8);
    assert.deepEqual([six?.readUInt32LE(0), six?.readUInt16BE(4), six?.readUInt32LE(24)], [48, 0, 2]);
  });

  it("refuses what a rule cannot hold", () => {
    const policy: LsmConfig = { ...exec, files: [`/${"a".repeat(127)}`] };
    assert.throws(() => encodeLsmMaps(policy, "audit"), /longer than the 127 bytes/);
  });
});

describe("decodeLsmEvent", () => {
  it("reads a record", () => {
    const bytes = Buffer.alloc(LSM_RECORD);
    bytes.writeBigUInt64LE(1_500_000_000n, 0);
    bytes.writeUInt32LE(7, 16);
    bytes.writeUInt32LE(2, 24);
    bytes.writeUInt16LE(4, 28);
    bytes.writeUInt16LE(2, 30);
    bytes.write("curl", 32);
    Buffer.from([203, 0, 113, 9]).copy(bytes, 176);
    bytes.writeUInt16BE(443, 192);
    bytes.writeUInt16LE(2, 194);
    const { time, mode, hook, rule, pid, comm, address, port } = decodeLsmEvent(bytes);
    assert.deepEqual(
      [time, mode, hook, rule, pid, comm, address, port],
      [1.5, "enforce", "connect", 2, 7, "curl", "203.0.113.9", 443],
    );
  });

  it("refuses bytes of another release", () => {
    assert.throws(() => decodeLsmEvent(Buffer.alloc(LSM_RECORD - 1)), RangeError);
    assert.throws(() => decodeLsmEvent(Buffer.alloc(LSM_RECORD)), RangeError);
  });
});
