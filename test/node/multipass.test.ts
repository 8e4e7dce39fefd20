import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { userData } from "@ebpf-platform/lib/vm/cloud-init";
import { hostStepEntry, hostStepInput } from "../../components/node/host-command";
import { projectRoot } from "../../components/project-root";
import { missing } from "../support/missing";
import { testKey } from "./support/machines";

const SCRIPTS = "components/node/scripts";
const SECRET = "BEGIN OPENSSH PRIVATE KEY";

/** The driver's own scripts against a double of Multipass that keeps its machines on disk. */
describe("multipass machine", () => {
  let home: string;
  let variables: Record<string, string>;
  const host = testKey();

  before(function () {
    if (process.getuid?.() !== 0) missing(this, "root");
    if (!["x64", "arm64"].includes(process.arch)) missing(this, "x86-64 or arm64");
  });

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "ebpf-platform-multipass-"));
    mkdirSync(join(home, "bin"));
    copyFileSync(join(projectRoot(), "test/node/support/multipass-double"), join(home, "bin", "multipass"));
    writeFileSync(join(home, "image.img"), "an image");
    const image = `sha256:${createHash("sha256").update("an image").digest("hex")} ${join(home, "image.img")}`;
    const network = {
      ...{ mac: "52:54:00:12:53:0a", interface: "enp1s0", address: "198.18.83.10" },
      ...{ prefix: 24, gateway: "198.18.83.1", nameServers: [] },
    };
    variables = {
      ...{
        subject: "machine one",
        stack: "t-mp",
        folder: join(home, "vm"),
        name: "one",
        instance: "ebp-t-mp-one",
      },
      ...{ address: network.address, mac: network.mac, bridge: "ebp-t-mp" },
      ...{ image_x86_64: image, image_aarch64: image, cpu: "2", memory_mib: "2048", disk_gib: "10" },
      user_data: userData({
        ...{ stack: "t-mp", name: "one", user: "platform", packages: [], network, networkBy: "netplan" },
        ...{ authorizedKey: testKey().public, hostKey: host.private, hostKeyPublic: host.public },
      }),
    };
  });

  afterEach(() => rmSync(home, { recursive: true }));

  function run(verb: "up" | "down", changes: Record<string, string> = {}, failAt = "") {
    const input = hostStepInput(
      { ...variables, ...changes },
      `${SCRIPTS}/multipass-up.sh`,
      `${SCRIPTS}/multipass-down.sh`,
    );
    const { status, stdout, stderr } = spawnSync("/bin/bash", ["-c", hostStepEntry(), "host-step", verb], {
      input,
      encoding: "utf8",
      env: {
        PATH: `${join(home, "bin")}:${process.env.PATH ?? ""}`,
        MULTIPASS_DOUBLE: join(home, "double"),
        MULTIPASS_FAIL_AT: failAt,
      },
    });
    return { status, stdout: stdout.trim(), stderr };
  }

  function must(verb: "up" | "down", changes: Record<string, string> = {}): Record<string, unknown> {
    const { status, stdout, stderr } = run(verb, changes);
    assert.equal(status, 0, stderr);
    return (stdout === "" ? {} : JSON.parse(stdout)) as Record<string, unknown>;
  }

  const calls = (): string[] => readFileSync(join(home, "double/calls"), "utf8").trim().split("\n");
  const machines = (): string[] => readdirSync(join(home, "double/machines"));
  const fact = (name: string): string =>
    readFileSync(join(home, "double/machines/ebp-t-mp-one", name), "utf8");

  it("launches from the image whose digest was compared, with size, network and cloud-init", () => {
    const answer = must("up");
    assert.equal(answer.boots, 1);
    assert.deepEqual([fact("cpus"), fact("memory"), fact("disk")], ["2", "2048M", "10G"]);
    assert.equal(fact("user-data"), variables.user_data);
    assert.equal(statSync(join(home, "double/machines/ebp-t-mp-one/user-data")).mode & 0o777, 0o600);
  });

  it("leaves the host's private key in no argument, record or file", () => {
    must("up");
    assert.ok(!calls().join("\n").includes(SECRET));
    const left = readdirSync(join(home, "vm/multipass/t-mp"));
    assert.deepEqual(left.sort(), [".one.lock", "one"]);
    assert.ok(!readFileSync(join(home, "vm/multipass/t-mp/one"), "utf8").includes(SECRET));
  });

  it("does nothing on a second up", () => {
    const first = must("up");
    const before = calls().length;
    assert.deepEqual(must("up"), first);
    assert.deepEqual(
      calls()
        .slice(before)
        .filter((call) => !/^(networks|info) /.test(call)),
      [],
    );
  });

  it("grows with one restart, and refuses a smaller disk before it touches anything", () => {
    const first = must("up");
    const grown = must("up", { cpu: "4", memory_mib: "4096", disk_gib: "20" });
    assert.deepEqual(grown, { instance: first.instance, boots: 2 });
    assert.deepEqual(
      [fact("cpus"), fact("memory"), fact("disk"), fact("state")],
      ["4", "4096M", "20G", "Running"],
    );
    const { status, stderr } = run("up", { cpu: "4", memory_mib: "4096", disk_gib: "10" });
    assert.equal(status, 1);
    assert.match(stderr, /machine one: its disk has 20 GiB, and diskGiB is 10; a disk never shrinks/);
    assert.equal(fact("state"), "Running");
  });

  it("starts a machine that was stopped, and makes one anew that is gone", () => {
    const first = must("up");
    writeFileSync(join(home, "double/machines/ebp-t-mp-one/state"), "Stopped");
    assert.deepEqual(must("up"), { instance: first.instance, boots: 2 });
    rmSync(join(home, "double/machines/ebp-t-mp-one"), { recursive: true });
    assert.notEqual(must("up").instance, first.instance);
  });

  it("refuses an image that is not what its digest says", () => {
    writeFileSync(join(home, "image.img"), "another image");
    const { status, stderr } = run("up");
    assert.equal(status, 1);
    assert.match(
      stderr,
      /machine one: the image .*image\.img has sha256 [0-9a-f]{64}, and [0-9a-f]{64} is asked for/,
    );
    assert.deepEqual(machines(), []);
  });

  it("names networks that Multipass does not know, and says when it is not there", () => {
    assert.match(
      run("up", { bridge: "br-none" }).stderr,
      /Multipass knows no network br-none; make a bridge/,
    );
    rmSync(join(home, "bin/multipass"));
    if (spawnSync("which", ["multipass"]).status !== 0)
      assert.match(run("up").stderr, /machine one: Multipass is not on this machine; install it/);
  });

  it("leaves nothing of a machine when it is deleted, and can be deleted again", () => {
    must("up");
    must("down");
    assert.deepEqual(machines(), []);
    assert.equal(existsSync(join(home, "vm/multipass/t-mp")), false);
    must("down");
  });

  it("converges to one machine whichever call fails, before or after its work", () => {
    for (const suffix of ["", "+"]) {
      for (let at = 1; ; at++) {
        rmSync(join(home, "double"), { recursive: true, force: true });
        rmSync(join(home, "vm"), { recursive: true, force: true });
        const broken = run("up", {}, `${String(at)}${suffix}`);
        if (broken.status === 0 && calls().length < at) break;
        if (broken.status !== 0)
          assert.match(broken.stderr.trim().split("\n").at(-1) ?? "", /^machine one: /);
        const answer = must("up");
        assert.deepEqual(machines(), ["ebp-t-mp-one"], `call ${String(at)}${suffix}`);
        assert.equal(fact("state"), "Running");
        assert.deepEqual(must("up"), answer);
        assert.deepEqual(
          readdirSync(join(home, "vm/multipass/t-mp")).filter((name) => name.includes("user-data")),
          [],
        );
      }
    }
  });
});
