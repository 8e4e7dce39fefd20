import assert from "node:assert/strict";
import type { HypervisorConfig, VmNodeConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import { LibvirtHost } from "../../../../components/node/libvirt-host";
import { createMachine, type Machine, type MachineContext } from "../../../../components/node/machine";
import { recordResources, secretValue, settled, type Recorded } from "./recorded-resources";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvdHRsZXNhbmRwYXBlcmFuZHN0cmluZ3NhbmR0aGlu";
const hypervisorFacts = `{"accel":"tcg","reason":"there is no /dev/kvm","architecture":"x86_64"}`;
const machineFacts = `{"instance":"0a1b","boots":1}`;

const network = { cidr: "10.18.20.0/24", bridge: "ebp-dev", vipCidrs: [] };
const here: HypervisorConfig = {
  ...{ uri: "qemu:///system", folder: "/vm", accel: "auto", network: "nat", dns: [], reach: "direct" },
};
const node: VmNodeConfig = {
  ...{
    name: "cp-1",
    role: "server",
    driver: "libvirt",
    address: "10.18.20.10",
    services: [],
    labels: {},
    taints: [],
  },
  ...{ profile: "standard", cpu: 4, memoryMiB: 8192, diskGiB: 20, image: "debian-12", packages: [] },
  autostart: true,
};
const hop = { host: "jump.example", port: 22, user: "hop", hostKey: HOST_KEY, privateKeySecret: "hop" };
const away = { ...hop, host: "hyper.example", user: "root", privateKeySecret: "hyper" };

function outputsOf(type: string, name: string): Record<string, unknown> {
  if (type === "tls:index/privateKey:PrivateKey")
    return { privateKeyOpenssh: "HOST PRIVATE\n", publicKeyOpenssh: `${HOST_KEY}\n` };
  const facts = name === "hypervisor" ? hypervisorFacts : machineFacts;
  if (type === "command:local:Command") return { stdout: facts, stderr: "" };
  if (type === "command:remote:Command")
    return {
      stdout: `{"step":"s","state":"done","rc":0,"hash":"h","seconds":0,"output":${facts}}`,
      stderr: "",
    };
  return {};
}

describe("libvirt machine", () => {
  let recorded: Recorded[] = [];

  beforeEach(async () => {
    recorded = await recordResources(outputsOf);
  });

  async function made(hypervisor: HypervisorConfig, changes: Partial<VmNodeConfig> = {}): Promise<Machine> {
    const secret = (name: string): pulumi.Output<string> => pulumi.secret(`PRIVATE of ${name}`);
    const host = new LibvirtHost("hypervisor", hypervisor, network, secret);
    const context: MachineContext = {
      ...{ network, ssh: { user: "platform" }, secret, protect: true, hypervisorFolder: hypervisor.folder },
      clientKey: {
        privateKey: pulumi.secret("CLIENT PRIVATE"),
        publicKey: pulumi.output("ssh-ed25519 CLIENT"),
      },
      libvirtHost: () => host,
    };
    const machine = createMachine({ ...node, ...changes }, context);
    await settled(machine.facts);
    return machine;
  }

  const find = (type: string, name: string): Recorded => {
    const found = recorded.find((each) => each.type === type && each.name === name);
    assert.ok(found, `${type} ${name}`);
    return found;
  };

  /** The shell variables of a step on this machine. */
  function variables({ inputs }: Recorded): string {
    const [line = ""] = String(secretValue(inputs.stdin)).split("\n");
    return Buffer.from(line, "base64").toString();
  }

  it("prepares the hypervisor, then makes the machine with the acceleration it has found", async () => {
    const machine = await made(here);
    assert.match(
      variables(find("command:local:Command", "hypervisor")),
      /^accel='auto'\n[^]*<forward mode='\\''nat/m,
    );
    const command = find("command:local:Command", "cp-1");
    const text = variables(command);
    assert.match(text, /domain_xml='<domain type='\\''qemu'\\''>/);
    assert.match(text, /\nimage_x86_64='sha512:[0-9a-f]{128} https:\/\/cloud\.debian\.org\//);
    assert.match(text, /\ndisk_gib='20'\nautostart='yes'\n/);
    assert.match(text, /user_data='#cloud-config\n\{.*HOST PRIVATE/);
    assert.deepEqual(
      [command.inputs.create, command.inputs.update, command.inputs.delete],
      ["up", "up", "down"],
    );
    assert.equal(command.options.deleteBeforeReplace, true);
    assert.ok(!JSON.stringify({ ...command.inputs, stdin: "" }).includes("PRIVATE"));
    assert.equal(await settled(machine.instance), "0a1b");
  });

  it("shows policies the image's digest, the seed's mode, and user data as a secret", async () => {
    await made(here);
    const { inputs } = find("ebpf-platform:node:LibvirtMachine", "cp-1");
    assert.match(String((inputs.image as Record<string, unknown>).sha512), /^[0-9a-f]{128}$/);
    assert.equal(inputs.seedMode, "0600");
    assert.match(String(secretValue(inputs.userData)), /^#cloud-config/);
  });

  it("changes size, keys and address in place, and only image and place make another machine", async () => {
    const triggers = async (hypervisor: HypervisorConfig, changes: Partial<VmNodeConfig>) => {
      recorded = await recordResources(outputsOf);
      await made(hypervisor, changes);
      return find("command:local:Command", "cp-1").inputs.triggers;
    };
    const first = await triggers(here, {});
    const grown = { cpu: 8, memoryMiB: 9000, diskGiB: 30, address: "10.18.20.11", autostart: false };
    assert.deepEqual(await triggers(here, grown), first);
    assert.notDeepEqual(await triggers(here, { image: "debian-13" }), first);
    assert.notDeepEqual(await triggers({ ...here, folder: "/other" }, {}), first);
  });

  it("works on another hypervisor by steps over its pinned connection, and reaches the machine through it", async () => {
    const machine = await made({ ...here, connection: away, reach: "hypervisor" });
    for (const name of ["hypervisor", "cp-1"]) {
      const { inputs } = find("command:remote:Command", name);
      const connection = secretValue(inputs.connection) as Record<string, unknown>;
      assert.deepEqual([connection.host, connection.hostKey], ["hyper.example", HOST_KEY]);
      assert.equal((inputs.triggers as unknown[]).length, 1);
      assert.match(String(inputs.delete), / step undo$/);
      assert.ok(!JSON.stringify({ ...inputs, stdin: "", connection: "" }).includes("PRIVATE"));
    }
    const { host, user, proxy } = await settled(machine.connection);
    assert.deepEqual(
      [host, user, proxy?.host, proxy?.privateKey],
      [...["10.18.20.10", "platform", "hyper.example", "PRIVATE of hyper"]],
    );
  });

  it("reaches machines of a hypervisor behind a jump host through that host, or directly", async () => {
    const behind = { ...here, connection: { ...away, proxy: hop } };
    const jumped = await made({ ...behind, reach: "jump" });
    assert.equal((await settled(jumped.connection)).proxy?.host, "jump.example");
    recorded = await recordResources(outputsOf);
    const direct = await made({ ...behind, reach: "direct" });
    assert.equal((await settled(direct.connection)).proxy, undefined);
  });
});
