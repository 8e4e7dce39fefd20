import assert from "node:assert/strict";
import { encodeLsmMaps } from "@ebpf-platform/lib/lsm-maps";
import { storeCached } from "../../components/bpf/build-cache";
import { buildLoader } from "../../components/bpf/loader-build";
import { preflightNode } from "../../components/bpf/preflight";
import { SCHEMA_VERSION } from "../../components/bpf/provider/inputs";
import { mapProvider } from "../../components/bpf/provider/map-provider";
import { eventually } from "../node/support/eventually";
import type { Guest } from "./support/guest";
import { LsmNode, policyOf } from "./support/lsm-node";
import { reboot, sharedGuest, WITH_BPF, WITHOUT_BPF } from "./support/shared-guest";

/** enum lsm_mode */
const [AUDIT, ENFORCE] = [1, 2];

/** The last file of the tier in the order of names: it boots the guest again, twice. */
describe("the life of LSM policies on a node", function () {
  this.timeout(120_000);
  let guest: Guest;
  let node: LsmNode;

  const exec = policyOf({ name: "confirmed", kind: "exec", list: "deny", files: ["/opt/life"], digests: [] });
  const files = policyOf({
    name: "waiting",
    kind: "file",
    files: [{ path: "/opt/kept", access: "write" }],
  });
  const mounts = policyOf({ name: "new", kind: "mount", types: ["tmpfs"], folders: [] });

  before(async function () {
    guest = await sharedGuest(this);
    node = await LsmNode.install(guest);
    await guest.run("cp /bin/echo /opt/life && echo text >/opt/kept");
    await node.attach(exec);
    await node.attach(files);
  });

  it("goes back to audit when nobody confirms that it enforces", async () => {
    await node.write(files, "audit");
    const answer = await node.write(files, "enforce", 2);
    assert.equal(answer.unconfirmed, true);
    assert.equal(await node.mode("waiting"), ENFORCE);
    await eventually("the node takes it back", 20_000, async () => (await node.mode("waiting")) === AUDIT);
    const { error } = await node.verb("map", "confirm", "waiting");
    assert.match(error?.cause ?? "", /none wait for it/);
  });

  it("enforces when the engine's fresh connection confirms it", async () => {
    const contents = [...encodeLsmMaps(exec, "enforce")].map(([map, bytes]) => ({
      map,
      sha256: storeCached(bytes),
    }));
    const made = await mapProvider.create?.({
      schemaVersion: SCHEMA_VERSION,
      node: "guest",
      instance: "guest",
      program: "confirmed",
      status: "as written",
      connection: guest.connection,
      loaderSha256: buildLoader().sha256,
      contents,
      confirmSeconds: 60,
    });
    assert.equal(made?.id, "guest/confirmed/maps");
    assert.equal((await node.verb("map", "confirm", "confirmed")).error?.cause, "none wait for it");
    assert.equal(await node.mode("confirmed"), ENFORCE);
  });

  it("tells which files of its rules the node has not", async () => {
    const answer = await node.write(
      { ...files, files: [...files.files, { path: "/no/such", access: "any" }] },
      "audit",
    );
    assert.deepEqual(answer.absent, ["/no/such"]);
  });

  describe("after a reboot", () => {
    before(async function () {
      this.timeout(300_000);
      await node.write(files, "enforce", 600);
      await node.attach(mounts, 600);
      await node.write(mounts, "enforce");
      guest = await reboot(WITH_BPF);
      node = LsmNode.installed(guest);
    });

    it("the boot unit has brought everything back before the network was up", async () => {
      const shown = await guest.run(
        "systemctl show -P Result ebpf-platform-bpf; systemctl show -P ActiveEnterTimestampMonotonic ebpf-platform-bpf; systemctl show -P ExecMainStartTimestampMonotonic guest-network",
      );
      const [result, restored, network] = shown.split("\n");
      assert.equal(result, "success");
      assert.ok(Number(restored) > 0 && Number(restored) <= Number(network), shown);
      const { programs } = await node.must("observe");
      assert.deepEqual(
        (programs as { name: string; problems: unknown[] }[]).map(({ name, problems }) => [name, problems]),
        [
          ["confirmed", []],
          ["new", []],
          ["waiting", []],
        ],
      );
    });

    it("what was confirmed denies again, by inode too", async () => {
      const { code, stderr } = await guest.as("/subject", "ln /opt/life /opt/life2; /opt/life2 ran");
      assert.equal(code, 126, stderr);
      assert.match(stderr, /Operation not permitted/);
    });

    it("what was not confirmed only reports", async () => {
      assert.equal(await node.mode("waiting"), AUDIT, "unconfirmed rules");
      assert.equal(await node.mode("new"), AUDIT, "rules of an unconfirmed program");
      assert.equal((await guest.as("/subject", "echo more >>/opt/kept")).code, 0);
    });

    it("a policy that is removed denies nothing", async () => {
      await node.must("remove", "confirmed", "--maps");
      assert.equal((await guest.as("/subject", "/opt/life ran")).stdout, "ran\n");
    });
  });

  describe("on a kernel without bpf among its security modules", () => {
    before(async function () {
      this.timeout(300_000);
      guest = await reboot(WITHOUT_BPF);
      node = LsmNode.installed(guest);
    });

    it("is refused by the preflight with one sentence that names the key and the remedy", async () => {
      const { faults } = await preflightNode("guest", guest.connection, [
        { key: "bpf.lsm[no-wget]", hook: "lsm" },
      ]);
      assert.equal(faults.length, 1);
      const modules = (await guest.run("cat /sys/kernel/security/lsm")).trim();
      assert.match(
        faults[0]!,
        /^Node guest \(kernel \S+\) cannot run what the key bpf\.lsm\[no-wget\] asks for: /,
      );
      assert.ok(faults[0]!.endsWith(`without bpf; boot it with lsm=${modules},bpf.`), faults[0]);
    });

    it("is refused by the loader too", async () => {
      const { error } = await node.verb("boot");
      assert.match(error?.cause ?? "", /without bpf: the program would load and never be called/);
    });
  });
});
