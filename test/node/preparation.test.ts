import { strict as assert } from "node:assert";
import {
  BPF_SYSCTLS,
  CIS_SYSCTLS,
  KUBELET_SYSCTLS,
  PREPARED,
  type PreparationPlan,
} from "@ebpf-platform/lib/node-preparation";
import { preparationProvider } from "../../components/node/provider/preparation-provider";
import {
  DROP_IN,
  prepareNode,
  readPreparation,
  unprepareNode,
} from "../../components/node/provider/prepare-node";
import type { NodeSession } from "../../components/node/ssh";
import { eventually } from "./support/eventually";
import { ask, bootMachine, FIRST_BOOT_MS, needNspawn, type TestMachine } from "./support/machines";

const plan: PreparationPlan = {
  sysctls: { ...BPF_SYSCTLS, ...KUBELET_SYSCTLS, ...CIS_SYSCTLS },
  toolchain: false,
  lsm: false,
  wireguard: false,
  features: ["bpf"],
  aptLockSeconds: 60,
};
/** Of the network namespace, so that a container may set it. */
const OWN = "net.ipv4.conf.all.accept_redirects";
const OWN_FILE = `/proc/sys/${OWN.replaceAll(".", "/")}`;

describe("preparation of a node", () => {
  let machine: TestMachine;
  let session: NodeSession;
  const place = () => ({ node: "ready", connection: machine.connection });
  const failure = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error, "it did not fail");
    return error.message;
  };

  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    machine = await bootMachine("p", "ready", 2);
    session = await machine.open();
  });

  after(async () => {
    session?.close();
    await machine?.delete();
  });

  it("sets what the node may set, keeps it for the next boot, and names what its host decides", async function () {
    this.timeout(60_000);
    await ask(session, `echo 1 >${OWN_FILE}`);
    const before = await readPreparation(place(), plan);
    assert.match(before.status, /^net\.ipv4\.conf\.all\.accept_redirects is 1, not 0;/);
    const { status, report } = await prepareNode(place(), plan);
    assert.equal(status, PREPARED);
    assert.equal(await ask(session, `cat ${OWN_FILE}`), "0");
    assert.equal(await ask(session, `grep -c ^vm.overcommit_memory ${DROP_IN}`), "1");
    const panic = (await ask(session, "cat /proc/sys/kernel/panic")) === "10";
    const line = report.find((each) => each.includes("kernel.panic,"));
    assert.ok(panic || line?.includes("in a container (systemd-nspawn) its host decides"), report.join("\n"));
    assert.ok(
      report.some((each) => each.includes("has no sysctl net.core.bpf_jit_enable")),
      report.join("\n"),
    );
  });

  it("changes nothing the second time", async function () {
    this.timeout(60_000);
    const seen = () =>
      ask(session, `stat -c '%i %Y' ${DROP_IN}; sed -n 4p /var/lib/ebpf-platform/steps/prepare-node/result`);
    await prepareNode(place(), plan);
    const first = await seen();
    await prepareNode(place(), plan);
    assert.equal(await seen(), first);
    assert.match(first, /\{"changed":\[\]\}$/);
  });

  it("shows a setting that was changed by hand in the next refresh, and mends it", async function () {
    this.timeout(60_000);
    const inputs = { ...place(), instance: "one", plan, status: PREPARED };
    const { outs } = await preparationProvider.create(inputs);
    await ask(session, `echo 1 >${OWN_FILE}; echo '# mine' >>${DROP_IN}`);
    const seen = await preparationProvider.read("ready", outs);
    const drift = `${OWN} is 1, not 0; the file of the sysctls is not ours`;
    assert.equal(seen.props.status, drift);
    assert.deepEqual(await preparationProvider.diff("ready", seen.props, inputs), {
      changes: true,
      replaces: [],
      deleteBeforeReplace: true,
    });
    const { outs: mended } = await preparationProvider.update("ready", seen.props, inputs);
    assert.equal(mended.status, PREPARED);
    assert.equal((await preparationProvider.diff("ready", mended, inputs)).changes, false);
    assert.equal(await ask(session, `cat ${OWN_FILE}`), "0");
  });

  it("mounts a bpffs that is not there, and refuses two over each other", async function () {
    this.timeout(60_000);
    await prepareNode(place(), plan);
    await ask(session, "systemctl stop bpffs.service; umount /sys/fs/bpf");
    assert.equal((await readPreparation(place(), plan)).status, "no bpffs is mounted at /sys/fs/bpf");
    assert.equal((await prepareNode(place(), plan)).status, PREPARED);
    assert.equal(await ask(session, "systemctl is-enabled ebpf-platform-bpffs.service"), "enabled");
    await ask(session, "mount -t bpf bpf /sys/fs/bpf");
    assert.match(await failure(prepareNode(place(), plan)), /has 2 file systems mounted over each other/);
    await ask(session, "umount /sys/fs/bpf");
  });

  it("does nothing where the boot line is not the node's own", async function () {
    this.timeout(60_000);
    await ask(session, `echo 1 >${OWN_FILE}`);
    const said = await failure(prepareNode(place(), { ...plan, lsm: true }));
    assert.match(
      said,
      /is a container \(systemd-nspawn\), whose security modules are its host's; boot the host with lsm=/,
    );
    assert.equal(await ask(session, `cat ${OWN_FILE}`), "1");
  });

  it("says of every option that the kernel lacks what it disables, and stops at one that the config needs", async function () {
    this.timeout(60_000);
    // An option of no kernel: a node's kernel cannot be chosen here.
    const config = await ask(session, "zcat /proc/config.gz 2>/dev/null | wc -l || echo 0");
    const { report } = await prepareNode(place(), plan);
    if (config === "0") assert.match(report.join("\n"), /shows no configuration of its kernel/);
    const lacks = report.filter((line) => /lacks CONFIG_\w+, which disables .+\.$/.test(line));
    const shown = lacks.map((line) => /CONFIG_(\w+)/.exec(line)?.[1] ?? "");
    for (const name of shown)
      assert.equal(
        await ask(session, `zcat /proc/config.gz | grep -c '^CONFIG_${name}=' || true`),
        "0",
        name,
      );
    if (!shown.includes("BPF_LSM")) return;
    const said = await failure(prepareNode(place(), { ...plan, features: ["bpf", "lsm"] }));
    assert.match(said, /lacks CONFIG_BPF_LSM, which disables LSM policies .*which the config asks for\./);
  });

  describe("that builds BPF objects", () => {
    const building: PreparationPlan = { ...plan, toolchain: true, aptLockSeconds: 2 };

    before(async function () {
      this.timeout(60_000);
      // The names of Debian 12 in a repository of the node's own: there is no way out to a mirror.
      await ask(
        session,
        `set -e; mkdir -p /srv/repo && cd /srv/repo
         for name in clang llvm libbpf-dev libelf-dev zlib1g-dev linux-headers-$(uname -r); do
           mkdir -p build/DEBIAN
           printf 'Package: %s\\nVersion: 99\\nArchitecture: all\\nMaintainer: t <t@example.org>\\nDescription: t\\n' $name >build/DEBIAN/control
           dpkg-deb --build build $name.deb >/dev/null
           { cat build/DEBIAN/control; echo "Filename: ./$name.deb"; echo "Size: $(stat -c %s $name.deb)"
             echo "SHA256: $(sha256sum $name.deb | cut -d ' ' -f 1)"; echo; } >>Packages
         done
         rm -f /etc/apt/sources.list.d/*
         echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list`,
      );
    });

    it("waits for another apt, and at its limit names who holds the lock", async function () {
      this.timeout(60_000);
      const hold = `python3 -c 'import fcntl, time; f = open("/var/lib/dpkg/lock-frontend", "w"); fcntl.lockf(f, fcntl.LOCK_EX); print("held", flush=True); time.sleep(600)'`;
      await ask(session, `systemd-run --quiet --unit=holder ${hold}`);
      const holds = `grep -q ":$(stat -c %i /var/lib/dpkg/lock-frontend) " /proc/locks && echo yes || true`;
      await eventually("the lock is held", 10_000, async () => (await ask(session, holds)) === "yes");
      const said = await failure(prepareNode(place(), building));
      assert.match(said, /used apt for 2 s: process \d+ \(python3\) holds \/var\/lib\/dpkg\/lock-frontend/);
      const waits = prepareNode(place(), { ...building, aptLockSeconds: 60 });
      await eventually("the step waits", 20_000, async () =>
        (await ask(session, "cat /var/lib/ebpf-platform/steps/prepare-node/log")).includes("installing"),
      );
      await ask(session, "systemctl stop holder.service");
      assert.equal((await waits).status, PREPARED);
    });

    it("has the distribution's packages, and says when one is gone", async function () {
      this.timeout(60_000);
      await ask(session, "dpkg --remove libelf-dev");
      assert.equal((await readPreparation(place(), building)).status, "not installed: libelf-dev");
      assert.equal((await prepareNode(place(), building)).status, PREPARED);
      assert.match(await ask(session, "dpkg-query -W libelf-dev"), /99$/);
    });

    it("refuses a distribution whose names are not known", async function () {
      this.timeout(60_000);
      await ask(
        session,
        "cp -L /etc/os-release /root/os; printf 'ID=gentoo\\nVERSION_ID=2\\n' >/etc/os-release",
      );
      const said = await failure(prepareNode(place(), building));
      await ask(session, "cat /root/os >/etc/os-release");
      assert.match(said, /runs gentoo 2, whose package names .* use debian 12, debian 13, ubuntu 24\.04/);
    });
  });

  it("is taken back where the machine stays: nothing of it acts at the next boot", async function () {
    this.timeout(60_000);
    await unprepareNode(place());
    const left = `ls ${DROP_IN} /etc/modules-load.d/ebpf-platform.conf /etc/systemd/system/ebpf-platform-bpffs.service 2>/dev/null | wc -l`;
    assert.equal(await ask(session, left), "0");
    await unprepareNode(place());
  });
});
