import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { buildObject, requireBpf } from "./support/objects";
import { BpfRunner } from "./support/runner";

const bpf = join(projectRoot(), "bpf");
const programs = readdirSync(bpf)
  .filter((file) => file.endsWith(".bpf.c"))
  .map((file) => file.replace(".bpf.c", ""));

describe("BPF programs", () => {
  before(function () {
    requireBpf(this);
    this.timeout(120_000);
  });

  for (const name of programs) {
    // LSM programs are loaded where they may be attached, and called: in the guest of test/vm.
    if (!name.startsWith("lsm_"))
      it(`${name} loads on this kernel`, async function () {
        const runner = await BpfRunner.start([{ path: buildObject(name) }]);
        const { verified, instructions, jited } = await runner.info();
        await runner.stop();
        this.test!.title += ` (verifier ${verified} instructions, program ${instructions}, ${jited} bytes of machine code)`;
        assert.ok(verified > 0 && verified < 500_000, `${verified} of 1,000,000 instructions verified`);
      });

    const source = readFileSync(join(bpf, `${name}.bpf.c`), "utf8");
    const chained = source.includes("next_slot(ctx)");

    if (chained) {
      it(`${name} loads in every slot of the chain`, async () => {
        for (const slot of [0, 3, 7]) {
          await (await BpfRunner.start([{ path: buildObject(name), constants: { slot } }])).stop();
        }
      });
    }

    it(`${name} says in its head what it is`, () => {
      assert.match(source, /^\/\/ SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only\n/);
      for (const field of ["Hook:", "Maps:", "Kernel:", "In doubt:"])
        assert.ok(source.includes(` * ${field}`), field);
    });
  }

  it("are the same bytes from every checkout", () => {
    const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-build-"));
    try {
      cpSync(bpf, join(folder, "some where else", "bpf"), { recursive: true });
      for (const name of programs) {
        const output = join(folder, `${name}.o`);
        const { status, stderr } = spawnSync(
          join(folder, "some where else", "bpf", "build.sh"),
          [name, output],
          {
            encoding: "utf8",
            cwd: "/",
            env: { ...process.env, EBPF_BUILD_CACHE: join(folder, "cache") },
          },
        );
        assert.equal(status, 0, stderr);
        assert.deepEqual(readFileSync(output), readFileSync(buildObject(name)), name);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(120_000);

  it("are refused with the verifier's reason and the source line", async () => {
    await assert.rejects(
      BpfRunner.start([{ path: buildObject("test/bpf/fixtures/unchecked.bpf.c") }]),
      (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, /invalid access to packet/);
        assert.match(error.message, /if \(eth->h_proto == 0\)/);
        return true;
      },
    );
  });
});

describe("bpf/build.sh", () => {
  function build(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(join(bpf, "build.sh"), args, { encoding: "utf8" });
  }

  before(function () {
    requireBpf(this);
  });

  it("lists the files an object is made of", () => {
    const { stdout } = build("--inputs", "xdp_root");
    assert.deepEqual(stdout.trim().split("\n"), [
      join(bpf, "include", "chain.bpf.h"),
      join(bpf, "xdp_root.bpf.c"),
    ]);
  });

  it("names the compiler", () => {
    assert.match(build("--compiler").stdout, /clang version \d+/);
  });

  it("refuses a source that is not there, in one sentence", () => {
    const { status, stderr } = build("xdp_nothing", join(tmpdir(), "never-built.o"));
    assert.equal(status, 2);
    assert.match(stderr, /no source xdp_nothing/);
  });

  it("says which tool is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-path-"));
    for (const tool of ["dirname", "realpath"]) symlinkSync(`/usr/bin/${tool}`, join(folder, tool));
    const { status, stderr } = spawnSync(
      "/bin/bash",
      [join(bpf, "build.sh"), "xdp_root", join(folder, "x.o")],
      {
        encoding: "utf8",
        env: { PATH: folder },
      },
    );
    rmSync(folder, { recursive: true });
    assert.equal(status, 69, stderr);
    assert.match(stderr, /none of clang .* is installed; install it \(apt-get install/);
  });

  it("treats a warning as an error and leaves no object", () => {
    const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-build-"));
    const { status } = build("xdp_root", join(folder, "x.o"), "-Dslot=", "-Wpedantic");
    assert.equal(status, 1);
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
  });
});
