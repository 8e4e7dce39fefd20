import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
  engineInCache,
  engineOnPath,
  firstEngine,
  type Engine,
  type EngineSource,
} from "../../../../cli/engine/locate";
import { installEngine, removeLeftovers } from "../../../../cli/engine/install-folder";
import { Failure } from "../../../../cli/failure";

const pins = { pulumi: "3.253.0", nodejsHost: "3.40.0", go: "1.25.11", inputsHash: "0123456789ab" };

describe("engine sources", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "engine-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const executable = (...path: string[]) => {
    const file = join(folder, ...path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, 0o755);
  };

  it("asks the sources in order and stops at the first engine", async () => {
    const asked: string[] = [];
    const engine: Engine = { bin: "/b", version: "3.253.0", origin: "cache" };
    const source = (name: string, answer: Engine | { reason: string }): EngineSource => ({
      name,
      find: () => {
        asked.push(name);
        return Promise.resolve(answer);
      },
    });
    const refused: string[] = [];
    const found = await firstEngine(
      [source("PATH", { reason: "none" }), source("cache", engine), source("download", { reason: "unused" })],
      (name, reason) => refused.push(`${name}: ${reason}`),
    );
    assert.equal(found, engine);
    assert.deepEqual(asked, ["PATH", "cache"]);
    assert.deepEqual(refused, ["PATH: none"]);
  });

  it("names every reason when there is no engine at all", async () => {
    const sources = ["PATH", "download"].map((name) => ({
      name,
      find: () => Promise.resolve({ reason: `no ${name}` }),
    }));
    await assert.rejects(
      firstEngine(sources, () => undefined),
      (error: unknown) =>
        error instanceof Failure &&
        error.outcome === "missingPart" &&
        error.message.includes("PATH: no PATH; download: no download"),
    );
  });

  it("takes the first pulumi on PATH when it is new enough and has its language host", async () => {
    executable("new", "pulumi");
    executable("new", "pulumi-language-nodejs");
    const path = [join(folder, "empty"), join(folder, "new")].join(delimiter);
    assert.deepEqual(await engineOnPath(path, () => Promise.resolve("v3.270.0")), {
      bin: join(folder, "new"),
      version: "3.270.0",
      origin: "PATH",
    });
  });

  it("refuses an old pulumi, one without language host, and an empty PATH, each with its reason", async () => {
    executable("alone", "pulumi");
    const path = join(folder, "alone");
    const reason = async (version: string) => {
      const answer = await engineOnPath(path, () => Promise.resolve(version));
      return "reason" in answer ? answer.reason : "";
    };
    assert.match(await reason("v3.199.0"), /says 3\.199\.0, wanted is 3\.200\.0/);
    assert.match(await reason(""), /says nothing/);
    assert.match(await reason("v3.253.0"), /no pulumi-language-nodejs beside it/);
    assert.deepEqual(await engineOnPath("", () => Promise.resolve("v9.0.0")), {
      reason: "there is no pulumi on PATH",
    });
  });

  it("removes what a killed builder left, and nothing else", () => {
    const target = join(folder, "cache", "engine");
    for (const name of ["engine.draft-1", "engine.work-1", "engine", "other.draft-1"]) {
      mkdirSync(join(folder, "cache", name, "bin"), { recursive: true });
    }
    removeLeftovers(target);
    assert.deepEqual(readdirSync(join(folder, "cache")).sort(), ["engine", "other.draft-1"]);
  });

  it("finds in the cache only what was installed completely", async () => {
    const target = join(folder, "cache", "engine");
    assert.ok("reason" in engineInCache(pins, target));
    await assert.rejects(
      installEngine(target, (bin) => {
        writeFileSync(join(bin, "pulumi"), "half");
        throw new Error("disk full");
      }),
      /disk full/,
    );
    assert.ok("reason" in engineInCache(pins, target));
    await installEngine(target, (bin) => {
      writeFileSync(join(bin, "pulumi"), "whole");
      return Promise.resolve({ version: pins.pulumi, how: "build" as const, verified: "test" });
    });
    assert.deepEqual(engineInCache(pins, target), {
      bin: join(target, "bin"),
      version: "3.253.0",
      origin: "cache",
    });
  });
});
