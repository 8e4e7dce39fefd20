import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mendState } from "../../../../cli/stack/mend-state";

describe("a state that a killed engine was writing", () => {
  let folder: string;
  let said: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "state-"));
    mkdirSync(join(folder, ".pulumi/stacks/ebpf-platform"), { recursive: true });
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const path = (name: string): string => join(folder, ".pulumi", name);
  const state = (suffix = ""): string => path(`stacks/ebpf-platform/lab.json${suffix}`);
  const mend = (): void => mendState(pathToFileURL(folder).href, "lab", (text) => said.push(text));

  it("is used without the attributes that were cut off, and without its next draft", () => {
    for (const [file, text] of [
      [state(), "{}"],
      [state(".attrs"), ""],
      [state(".bak"), "{}"],
      [state(".bak.attrs"), '{"user.content_type": ""}'],
      [state(".18ea371cd790d0f0.tmp"), '{"ver'],
      [path("meta.yaml"), "version: 1"],
      [path("meta.yaml.attrs"), ""],
    ] as const)
      writeFileSync(file, text);
    mend();
    assert.equal(said.length, 1);
    for (const gone of [state(".attrs"), state(".18ea371cd790d0f0.tmp"), path("meta.yaml.attrs")])
      assert.equal(existsSync(gone), false, gone);
    for (const kept of [state(), state(".bak"), state(".bak.attrs"), path("meta.yaml")])
      assert.ok(existsSync(kept), kept);
  });

  it("gives way to its backup when it is half itself", () => {
    writeFileSync(state(), '{"version": 3, "check');
    writeFileSync(state(".bak"), '{"version": 3}');
    mend();
    assert.equal(readFileSync(state(), "utf8"), '{"version": 3}');
    assert.match(said.join(), /its backup, which is one step older, takes its place/);
  });

  it("is an error with a way out when there is no backup", () => {
    writeFileSync(state(), "");
    assert.throws(mend, /lab\.json is broken and has no backup beside it; put one there as .*lab\.json\.bak/);
    assert.ok(existsSync(state()), "nothing is removed");
  });

  it("is left alone when it is whole, of another stack, or in another kind of backend", () => {
    writeFileSync(state(), "{}");
    writeFileSync(path("stacks/ebpf-platform/prod.json"), "");
    writeFileSync(path("stacks/ebpf-platform/prod.json.attrs"), "");
    mend();
    mendState("s3://bucket", "lab", (text) => said.push(text));
    mendState(undefined, "lab", (text) => said.push(text));
    assert.deepEqual(said, []);
    assert.ok(existsSync(path("stacks/ebpf-platform/prod.json.attrs")));
  });
});
