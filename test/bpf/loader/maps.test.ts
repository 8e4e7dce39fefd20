import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode } from "./private-node";

describe("maps under ebpf-loader", function () {
  let node: PrivateNode;
  let files = 0;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  beforeEach(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
    node.must("apply", node.put({}));
  });
  afterEach(() => node.stop());

  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const u64 = (value: number): Buffer => Buffer.concat([u32(value), u32(0)]);
  const entry = (key: number, value: number): Buffer => Buffer.concat([u32(key), u64(value)]);

  /** Writes contents where the node sees them. */
  const file = (...parts: Buffer[]): string => {
    const path = `/run/contents-${String(files++)}`;
    writeFileSync(`${node.root}${path}`, Buffer.concat(parts));
    return path;
  };
  const entries = (map: string): Record<string, number> => {
    const { entries } = node.must("map", "dump", "alpha", map) as unknown as {
      entries: { key: string; value: string }[];
    };
    const number = (hex: string): number => Buffer.from(hex, "hex").readUInt32LE();
    return Object.fromEntries(entries.map(({ key, value }) => [number(key), number(value)]));
  };

  it("keeps a map's contents over a swap", () => {
    node.must("map", "put", "alpha", "counts", file(entry(7, 70)));
    const before = node.facts("alpha").maps;
    node.must("apply", node.put({ flags: ["-DVARIANT=1"] }));
    assert.deepEqual(node.facts("alpha").maps, before);
    assert.equal(entries("counts")["7"], 70);
  });

  it("recreate empties a map of another shape, migrate copies it", () => {
    // Written by the program's side, not by `map put`: nothing is saved that would come back.
    const key = ["key", "7", "0", "0", "0", "value", "70", "0", "0", "0", "0", "0", "0", "0"];
    const pin = "/sys/fs/bpf/ebpf-platform/alpha/maps/counts";
    node.run("bpftool", "map", "update", "pinned", pin, ...key);
    node.must("apply", node.put({ flags: ["-DENTRIES=2048"], maps: { counts: "migrate" } }));
    assert.equal(entries("counts")["7"], 70);
    assert.equal(node.facts("alpha").maps["counts"]?.maxEntries, 2048);
    node.must("apply", node.put({ flags: ["-DWIDE"], maps: { counts: "recreate" } }));
    assert.deepEqual(entries("counts"), {});
    assert.deepEqual(node.facts("alpha").problems, []);
    const { answer } = node.verb(["rollback", "alpha"]);
    assert.equal(answer.error, undefined);
    assert.equal(entries("counts")["7"], 70, "the previous version has its own map back");
    assert.deepEqual(node.facts("alpha").problems, []);
  });

  it("refuses to migrate what cannot be copied", () => {
    const { error } = node.apply({ flags: ["-DWIDE"], maps: { counts: "migrate" } });
    assert.match(error?.remedy ?? "", /only max_entries and flags can change by migrate/);
  });

  it("makes a map hold exactly what a file holds", () => {
    node.must("map", "put", "alpha", "counts", file(entry(1, 10), entry(2, 20), entry(300, 30)));
    node.must("map", "put", "alpha", "counts", file(entry(2, 21), entry(4, 40)));
    assert.deepEqual(entries("counts"), { 2: 21, 4: 40 });
    node.must("map", "put", "alpha", "settings", file(entry(1, 5), entry(3, 6)));
    node.must("map", "put", "alpha", "settings", file(entry(3, 7)));
    assert.deepEqual(entries("settings"), { 3: 7 });
  });

  const inner = (outer: number, ...records: [number, number][]): Buffer =>
    Buffer.concat([
      u32(outer),
      u32(records.length),
      ...records.flatMap(([key, value]) => [u32(key), u32(value)]),
    ]);
  const tables = (): unknown =>
    (
      node.must("map", "dump", "alpha", "tables") as unknown as {
        entries: { key: string; entries: { key: string; value: string }[] }[];
      }
    ).entries.map(({ key, entries }) => [key, entries.map(({ key, value }) => `${key}=${value}`)]);

  it("fills inner maps and swaps each in one update", () => {
    node.must("map", "put", "alpha", "tables", file(inner(0, [0, 11], [1, 12]), inner(2, [3, 13])));
    assert.deepEqual(tables(), [
      ["00000000", ["00000000=0b000000", "01000000=0c000000"]],
      ["02000000", ["03000000=0d000000"]],
    ]);
    node.must("map", "put", "alpha", "tables", file(inner(2, [0, 14])));
    assert.deepEqual(tables(), [["02000000", ["00000000=0e000000"]]]);
  });

  it("has a digest that depends on contents alone", () => {
    const digest = (): unknown => node.must("map", "dump", "alpha", "counts", "--digest").digest;
    const empty = digest();
    node.must("map", "put", "alpha", "counts", file(entry(1, 10), entry(2, 20)));
    const full = digest();
    assert.notEqual(full, empty);
    node.must("map", "put", "alpha", "counts", file(entry(2, 20), entry(1, 10)));
    assert.equal(digest(), full);
    node.must("map", "put", "alpha", "counts", file());
    assert.equal(digest(), empty);
  });

  it("refuses half a record before it writes one", () => {
    const { answer } = node.verb(["map", "put", "alpha", "counts", file(entry(1, 10), u32(2))]);
    assert.match(answer.error?.cause ?? "", /ends inside a record \(byte 12 of 16\)/);
    assert.deepEqual(entries("counts"), {});
  });

  it("brings saved contents back after a boot, before the program is attached", () => {
    node.must("map", "put", "alpha", "settings", file(entry(0, 9)));
    node.run("rm", "-r", "/sys/fs/bpf/ebpf-platform", "/run/ebpf-platform");
    node.must("boot");
    assert.deepEqual(entries("settings"), { 0: 9 });
    assert.deepEqual(node.facts("alpha").problems, []);
  });

  it("brings saved inner maps back after a boot", () => {
    node.must("map", "put", "alpha", "tables", file(inner(1, [0, 21], [3, 22])));
    node.run("rm", "-r", "/sys/fs/bpf/ebpf-platform", "/run/ebpf-platform");
    node.must("boot");
    assert.deepEqual(tables(), [["01000000", ["00000000=15000000", "03000000=16000000"]]]);
    assert.deepEqual(node.facts("alpha").problems, []);
  });
});
