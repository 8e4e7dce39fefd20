import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parseConfig, type PlatformConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import { Fleet } from "../../components/node/fleet";
import { pollUntil } from "../../components/node/poll";
import { projectRoot } from "../../components/project-root";
import { processesWith } from "../node/support/host-traces";
import { settled } from "../unit/components/node/recorded-resources";
import { cpio } from "./support/cpio";
import { needGuest } from "./support/guest";
import { LibvirtDaemon, needLibvirt } from "./support/libvirtd";
import { LocalCommands } from "./support/local-commands";

/**
 * The life of a machine with driver libvirt on a real daemon, by the components' own commands. The guest is Debian's kernel
 * with an address and an open port 22, so that it costs seconds and not minutes of emulation; it reads no seed.
 */
describe("libvirt driver", function () {
  this.timeout(600_000);

  let daemon: LibvirtDaemon;
  let disks: string;
  const commands = new LocalCommands();

  before(async function () {
    needLibvirt(this);
    const image = needGuest(this);
    daemon = await LibvirtDaemon.start();
    disks = join(daemon.folder, "disks");
    writeFileSync(join(daemon.folder, "root.img"), Buffer.alloc(1 << 20));
    writeFileSync(join(daemon.folder, "initrd"), gzipSync(tinyRoot(image)));
    writeFileSync(join(daemon.folder, "vmlinuz"), readFileSync(join(image, "vmlinuz")));
  });

  after(async () => daemon?.stop());

  const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

  function config(changes: Record<string, unknown>): PlatformConfig {
    const file = (name: string): string => join(daemon.folder, name);
    const boot = {
      ...{ kernel: file("vmlinuz"), kernelSha256: sha256(file("vmlinuz")) },
      ...{ initrd: file("initrd"), initrdSha256: sha256(file("initrd")) },
      arguments: "console=ttyS0 quiet net.ifnames=0 mitigations=off random.trust_cpu=on",
    };
    const image = { path: file("root.img"), sha256: sha256(file("root.img")), boot };
    const node = { name: "one", role: "edge", driver: "libvirt", address: "198.18.81.10", image };
    return parseConfig(
      {
        stage: "dev",
        release: "workspace",
        network: { cidr: "198.18.81.0/24", bridge: "ebp-t-vm" },
        hypervisor: { uri: daemon.uri, folder: disks, accel: "tcg", network: "open" },
        nodes: [{ ...node, cpu: 1, memoryMiB: 512, diskGiB: 2, autostart: false, ...changes }],
      },
      "t-vm",
    );
  }

  /** An update of the stack; gives what the driver answers for its machine. */
  async function up(changes: Record<string, unknown>): Promise<{ instance: string }> {
    const parsed = config(changes);
    const fleet = await commands.up(
      () => new Fleet("fleet", { config: parsed, secret: () => pulumi.secret("") }),
      (made) => pulumi.all(made.nodes.map(({ machine }) => machine.instance)),
    );
    return { instance: await settled(fleet.node("one").machine.instance) };
  }

  const console_ = (): string => readFileSync(join(disks, "t-vm", "one.console.log"), "utf8");
  const said = async (words: RegExp): Promise<void> => {
    const found = await pollUntil(240_000, () => Promise.resolve(words.test(console_()) || undefined));
    assert.ok(found, `${String(words)} in:\n${console_()}`);
  };
  const id = (): string => daemon.virsh("domid", "ebp-t-vm-one").stdout.trim();

  let first: { instance: string };

  it("makes pool, network, disk, seed and domain, and starts it", async () => {
    first = await up({});
    await said(/tiny guest: 1 CPU, \d+ KiB, disk of 4194304 sectors/);
    const seed = join(disks, "t-vm", "one-seed.iso");
    assert.equal(statSync(seed).mode & 0o777, 0o600);
    assert.match(readFileSync(seed, "latin1"), /#cloud-config\r?\n\{.*OPENSSH PRIVATE KEY/);
    assert.ok(!daemon.virsh("dumpxml", "ebp-t-vm-one").stdout.includes("PRIVATE KEY"));
  });

  it("leaves it alone on a second up", async () => {
    const before = id();
    assert.deepEqual(await up({}), first);
    assert.equal(id(), before);
  });

  it("refuses a smaller disk before it touches anything", async () => {
    const before = id();
    await assert.rejects(
      up({ diskGiB: 1 }),
      /machine one: its disk has 2 GiB, and diskGiB is 1; a disk never shrinks/,
    );
    assert.equal(id(), before);
  });

  it("grows CPU, memory and disk, and starts a machine that was off", async () => {
    daemon.virsh("destroy", "ebp-t-vm-one");
    assert.deepEqual(await up({ cpu: 2, memoryMiB: 640, diskGiB: 3 }), first);
    await said(/tiny guest: 2 CPU, \d+ KiB, disk of 6291456 sectors/);
    const memory = [...console_().matchAll(/CPU, (\d+) KiB/g)].map(([, size]) => Number(size));
    assert.ok((memory[1] ?? 0) - (memory[0] ?? 0) > 100_000, memory.join(" "));
  });

  it("leaves nothing when it is deleted, and can be deleted again", async () => {
    await commands.destroy();
    for (const list of ["list", "net-list", "pool-list"])
      assert.equal(daemon.virsh(list, "--all", "--name").stdout.trim(), "");
    assert.equal(existsSync(disks), false);
    assert.equal(existsSync("/sys/class/net/ebp-t-vm"), false);
    const left = readdirSync(join(daemon.folder, "etc", "qemu")).filter((name) => name.endsWith(".xml"));
    assert.deepEqual(left, []);
    assert.deepEqual(processesWith("guest=ebp-t-vm-one"), []);
    await commands.destroy();
  });
});

/** The kernel's first root, which is the guest's only one. */
function tinyRoot(image: string): Buffer {
  const modules = join(image, "modules");
  return cpio([
    {
      path: "init",
      content: readFileSync(join(projectRoot(), "test", "vm", "support", "tiny-init.sh")),
      mode: 0o755,
    },
    { path: "bin/busybox", content: readFileSync("/bin/busybox"), mode: 0o755 },
    ...readdirSync(modules).map((name) => ({
      path: `modules/${name}`,
      content: readFileSync(join(modules, name)),
    })),
  ]);
}
