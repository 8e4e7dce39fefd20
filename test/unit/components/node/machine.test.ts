import assert from "node:assert/strict";
import type { ExistingNodeConfig, NodeConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import { createMachine, type Machine, type MachineContext } from "../../../../components/node/machine";
import { recordResources, secretValue, settled, type Recorded } from "./recorded-resources";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvdHRsZXNhbmRwYXBlcmFuZHN0cmluZ3NhbmR0aGlu";
const facts = `{"step":"s","state":"done","rc":0,"hash":"h","seconds":0,"output":{"kernel":"6.18"}}`;
const base = {
  ...({ name: "edge", role: "edge", address: "198.18.10.2" } as const),
  ...({ services: [], labels: {}, taints: [] } as const),
};

function outputsOf(type: string): Record<string, unknown> {
  if (type === "tls:index/privateKey:PrivateKey")
    return { privateKeyOpenssh: "HOST PRIVATE\n", publicKeyOpenssh: `${HOST_KEY}\n` };
  if (type === "command:local:Command")
    return { stdout: `{"name":"edge","address":"198.18.10.2","instance":"0a1b-2c"}`, stderr: "" };
  if (type === "command:remote:Command") return { stdout: facts, stderr: "" };
  return {};
}

describe("Machine", () => {
  let recorded: Recorded[] = [];
  const context = (user = "root"): MachineContext => ({
    network: { cidr: "198.18.10.0/24", bridge: "ebp-lab", vipCidrs: [] },
    ssh: { user },
    clientKey: {
      privateKey: pulumi.secret("CLIENT PRIVATE"),
      publicKey: pulumi.output("ssh-ed25519 CLIENT"),
    },
    secret: (name) => pulumi.secret(`PRIVATE of ${name}`),
    libvirtHost: () => {
      throw new Error("no machine of this test has a hypervisor");
    },
    hypervisorFolder: "/var/lib/vm",
    protect: false,
  });

  beforeEach(async () => {
    recorded = await recordResources(outputsOf);
  });

  async function made(config: NodeConfig, user?: string): Promise<Machine> {
    const machine = createMachine(config, context(user));
    await settled(machine.facts);
    return machine;
  }

  const find = (type: string, name: string): Recorded => {
    const found = recorded.find((each) => each.type === type && each.name === name);
    assert.ok(found, `${type} ${name}`);
    return found;
  };

  it("makes an nspawn machine by a command that carries its own script and is deleted before it is replaced", async () => {
    const machine = await made({ ...base, driver: "nspawn" });
    const { inputs, options } = find("command:local:Command", "edge");
    assert.deepEqual([inputs.create, inputs.update, inputs.delete], ["up", "up", "down"]);
    assert.equal(options.deleteBeforeReplace, true);
    assert.equal(inputs.addPreviousOutputInEnv, false);
    const stdin = String(secretValue(inputs.stdin));
    assert.match(
      stdin,
      /\nname=edge\naddress=198\.18\.10\.2\nprefix=24\ngateway=198\.18\.10\.1\nbridge=ebp-lab\n/,
    );
    assert.ok(stdin.includes(`hostKey=${Buffer.from("HOST PRIVATE\n").toString("base64")}\n`));
    assert.ok(!JSON.stringify({ ...inputs, stdin: "" }).includes("PRIVATE"));
    assert.deepEqual(await settled(machine.connection), {
      host: "198.18.10.2",
      port: 22,
      user: "root",
      privateKey: "CLIENT PRIVATE",
      hostKey: HOST_KEY,
    });
    assert.equal(await pulumi.isSecret(machine.connection), true);
    assert.equal(await settled(machine.instance), "0a1b-2c");
  });

  it("waits for the machine, and goes with it", async () => {
    const machine = await made({ ...base, driver: "nspawn" });
    const { options } = find("command:remote:Command", "edge-ready");
    assert.match(options.deletedWith, /command:local:Command::edge$/);
    assert.ok(machine.lifetime.deletedWith);
    assert.deepEqual(await settled(machine.facts), { kernel: "6.18" });
    assert.equal(await pulumi.isSecret(machine.facts), false);
  });

  it("takes an existing machine with its jump host, and what lives on it does not go by itself", async () => {
    const hop = { host: "jump.example", port: 2222, user: "hop", hostKey: HOST_KEY, privateKeySecret: "hop" };
    const connection = { ...hop, host: "node.example", privateKeySecret: "node", proxy: hop };
    const machine = await made({ ...base, driver: "existing", connection });
    assert.deepEqual(await settled(machine.connection), {
      ...{ host: "node.example", port: 2222, user: "hop", privateKey: "PRIVATE of node", hostKey: HOST_KEY },
      proxy: {
        host: "jump.example",
        port: 2222,
        user: "hop",
        privateKey: "PRIVATE of hop",
        hostKey: HOST_KEY,
      },
    });
    assert.deepEqual(machine.lifetime, {});
    const ready = find("command:remote:Command", "edge-ready");
    assert.equal(ready.options.deletedWith, "");
    assert.deepEqual((secretValue(ready.inputs.connection) as Record<string, unknown>).proxy, {
      ...{ host: "jump.example", port: 2222, user: "hop", privateKey: "PRIVATE of hop", hostKey: HOST_KEY },
      ...{ dialErrorLimit: 40, perDialTimeout: 10 },
    });
  });

  it("refuses, in one sentence that names the node, what a driver cannot do", () => {
    const rsa: ExistingNodeConfig["connection"] = {
      ...{ host: "h", port: 22, user: "root", hostKey: "ssh-rsa AAAA", privateKeySecret: "k" },
    };
    const cases: [NodeConfig, string, RegExp][] = [
      [{ ...base, driver: "nspawn" }, "ubuntu", /^Node edge is an nspawn machine, .* set it to root\.$/],
      [
        { ...base, driver: "existing", connection: rsa },
        "root",
        /^The host key of node edge must be .* RSA key/,
      ],
    ];
    for (const [config, user, words] of cases) {
      assert.throws(
        () => createMachine(config, context(user)),
        (error) => error instanceof pulumi.RunError && words.test(error.message),
      );
    }
  });
});
