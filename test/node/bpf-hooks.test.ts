import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ManifestAttach } from "@ebpf-platform/lib/bpf-manifest";
import { storeCached } from "../../components/bpf/build-cache";
import { buildLoader } from "../../components/bpf/loader-build";
import { buildObject } from "../../components/bpf/object-build";
import { programProvider } from "../../components/bpf/provider";
import { programInputs, type ProgramInputs } from "../../components/bpf/provider/inputs";
import type { ProgramState } from "../../components/bpf/provider/program-state";
import type { NodeSession } from "../../components/node/ssh";
import { projectRoot } from "../../components/project-root";
import { parsePrometheus } from "../bpf/support/prometheus";
import { eventually } from "./support/eventually";
import { ask, bootMachine, FIRST_BOOT_MS, needNspawn, type TestMachine } from "./support/machines";

const FOLDER = "/var/lib/prometheus/node-exporter";

/** Programs on hooks other than XDP and the timer of metrics, as the engine's provider process puts them on a node. */
describe("BPF programs on a node's other hooks", function () {
  this.timeout(120_000);
  let machine: TestMachine;
  let session: NodeSession;

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    machine = await bootMachine("h", "hooks", 2);
    session = await machine.open();
  });
  after(async () => {
    session?.close();
    await machine?.delete();
  });

  function inputs(program: string, source: string, attach: ManifestAttach): ProgramInputs {
    const object = buildObject(source);
    storeCached(readFileSync(object.path));
    return programInputs.parse({
      schemaVersion: 1,
      node: "hooks",
      instance: "first",
      program,
      status: "attached",
      connection: machine.connection,
      loaderSha256: buildLoader().sha256,
      source,
      build: "once",
      objectSha256: object.sha256,
      function: source,
      attach,
      constants: {},
      maps: {},
      takeover: false,
      askedBy: `bpf.programs[${program}]`,
      healthSeconds: 0,
      keepMaps: false,
    });
  }

  const cases: [string, string, ManifestAttach][] = [
    ["calls", "syscall_count", { hook: "raw_tp", target: "sys_enter" }],
    ["flows", "tc_flow", { hook: "tc", interface: "host0", direction: "ingress" }],
    ["latency", "sock_latency", { hook: "sock_ops", target: "/sys/fs/cgroup" }],
    ["health", "request_health", { hook: "cgroup", target: "/sys/fs/cgroup/system.slice" }],
  ];
  const states = new Map<string, Record<string, unknown>>();
  for (const [program, source, attach] of cases) {
    it(`${attach.hook}: created, read as attached, drift told in words, mended`, async () => {
      const wanted = inputs(program, source, attach);
      const created = await programProvider.create({ ...wanted });
      const outs = created.outs as Record<string, unknown>;
      assert.equal(outs.status, "attached");
      await ask(session, `rm /sys/fs/bpf/ebpf-platform/${program}/link_*`);
      const read = await programProvider.read!(`hooks/${program}`, outs);
      assert.match((read.props as ProgramState).status, /is not pinned/);
      const mended = await programProvider.update!("", read.props as Record<string, unknown>, { ...wanted });
      assert.equal((mended.outs as ProgramState).status, "attached");
      states.set(program, mended.outs as Record<string, unknown>);
    });
  }

  it("what the kernel cannot attach is named with node and config key, and leaves nothing", async () => {
    const wanted = inputs("lost", "syscall_count", { hook: "raw_tp", target: "sys_nothing" });
    await assert.rejects(
      Promise.resolve(programProvider.create({ ...wanted })),
      /^Error: Node hooks \(kernel .*\) cannot run what the key bpf\.programs\[lost\] asks for: this kernel has no tracepoint sys_nothing; correct attach\.target/,
    );
    assert.equal(await ask(session, "ls /sys/fs/bpf/ebpf-platform | grep lost || true"), "");
  });

  const script = (name: string): Buffer =>
    readFileSync(join(projectRoot(), "components", "bpf", "scripts", name));
  async function step(name: string): Promise<string> {
    const command = `FOLDER=${FOLDER} INTERVAL=5 MEASURE=1 bash -s 3>&1`;
    const { code, stdout, stderr } = await session.exec(command, { stdin: script(name), timeoutMs: 30_000 });
    assert.equal(code, 0, stderr);
    return stdout;
  }

  it("a timer writes their metrics again and again; taking it back leaves no unit and no file", async () => {
    assert.match(await step("metrics-up.sh"), /"timer": "active"/);
    const file = `${FOLDER}/ebpf-platform.prom`;
    const inode = (): Promise<string> => ask(session, `stat -c %i ${file} 2>/dev/null || true`);
    await eventually("there is a file", 20_000, async () => (await inode()) !== "");
    const first = await inode();
    const samples = parsePrometheus(
      await ask(session, `cat ${file}; echo`).then((text) => `${text.trimEnd()}\n`),
    );
    const attached = samples.filter(({ name }) => name === "ebpf_program_attached");
    assert.deepEqual(
      attached.map(({ labels, value }) => [labels.program, value]),
      [...cases].map(([program]) => [program, 1]).sort(),
    );
    assert.ok(
      samples.some(({ name }) => name === "ebpf_program_measured_runs_total"),
      "timed for a second",
    );
    await eventually("it is written again", 20_000, async () => ![first, ""].includes(await inode()));
    await step("metrics-down.sh");
    assert.equal(
      await ask(session, `ls ${FOLDER} /etc/systemd/system | grep -c ebpf-platform-metrics || true`),
      "0",
    );
    assert.equal(await ask(session, `test -e ${file} || echo gone`), "gone");
    assert.equal(await ask(session, "systemctl is-system-running"), "running");
  });

  it("all go, and the loader with the last", async () => {
    for (const [program, state] of states) await programProvider.delete!(program, state);
    assert.equal(
      await ask(
        session,
        "ls -d /sys/fs/bpf/ebpf-platform 2>/dev/null; ls /usr/local/lib/ebpf-platform 2>/dev/null || true",
      ),
      "",
    );
  });
});
