import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { NodeCommand, stepId, type CommandTarget } from "../../../../components/node/node-command";
import { recordResources, secretValue, settled, type Recorded } from "./recorded-resources";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvdHRsZXNhbmRwYXBlcmFuZHN0cmluZ3NhbmR0aGlu";
const TYPE = "command:remote:Command";
const answer = `{"step":"s","state":"done","rc":0,"hash":"h","seconds":0,"output":{"port":80}}`;

class Host extends pulumi.CustomResource {}

describe("NodeCommand", () => {
  let recorded: Recorded[] = [];
  let machine: CommandTarget;

  beforeEach(async () => {
    recorded = await recordResources((type) => (type === TYPE ? { stdout: answer, stderr: "" } : {}));
    const host = new Host("test:index:Host", "host", {});
    machine = {
      name: "edge",
      connection: pulumi.secret({
        host: "192.0.2.7",
        port: 22,
        user: "root",
        privateKey: "PRIVATE",
        hostKey: HOST_KEY,
      }),
      instance: pulumi.output("i-1"),
      ready: host,
      lifetime: { deletedWith: host },
    };
  });

  async function made(command: NodeCommand): Promise<Recorded> {
    await settled(command.output);
    const found = recorded.find(({ type }) => type === TYPE);
    assert.ok(found);
    return found;
  }

  const declarative = (name = "edge-sysctl"): NodeCommand =>
    new NodeCommand(name, {
      machine,
      script: "components/node/scripts/ready.sh",
      args: { level: pulumi.output("2") },
      secrets: { token: "the-token" },
      kind: "declarative",
      timeoutSeconds: 60,
    });

  it("sets every fence around remote.Command", async () => {
    const command = declarative();
    const { inputs, options } = await made(command);
    assert.match(String(inputs.create), /^timeout -k 10 210 /);
    assert.equal(inputs.update, inputs.create);
    assert.equal(inputs.delete, undefined);
    assert.equal(inputs.triggers, undefined);
    assert.equal(inputs.logging, "none");
    assert.equal(inputs.addPreviousOutputInEnv, false);
    assert.equal(options.deleteBeforeReplace, true);
    assert.deepEqual(new Set(options.additionalSecretOutputs), new Set(["stdout", "stderr", "connection"]));
    assert.match(options.deletedWith, /test:index:Host::host$/);
    assert.ok(options.dependencies.some((urn) => urn.endsWith("test:index:Host::host")));
    assert.match(options.parent, /ebpf-platform:node:NodeCommand::edge-sysctl$/);
  });

  it("pins the host key, bounds the dials and keeps the connection secret", async () => {
    const { inputs } = await made(declarative());
    assert.deepEqual(secretValue(inputs.connection), {
      host: "192.0.2.7",
      port: 22,
      user: "root",
      privateKey: "PRIVATE",
      hostKey: HOST_KEY,
      dialErrorLimit: 8,
      perDialTimeout: 10,
    });
  });

  it("sends the step on standard input only, and as a secret", async () => {
    const { inputs } = await made(declarative());
    const stdin = String(secretValue(inputs.stdin));
    assert.match(stdin, /\nid stack\.edge-sysctl\ntimeout 60\n/);
    const line = stdin.split("\n").find((each) => each.startsWith("secrets "));
    assert.equal(Buffer.from(line?.slice(8) ?? "", "base64").toString(), "token='the-token'\n");
    for (const text of [inputs.create, inputs.update]) assert.ok(!String(text).includes("the-token"));
  });

  it("has the same texts whatever it runs, so that they hold nothing of it", async () => {
    const first = (await made(declarative("one"))).inputs.create;
    recorded.length = 0;
    const other = new NodeCommand("two", {
      machine,
      script: "components/node/scripts/wait.sh",
      kind: "declarative",
      timeoutSeconds: 60,
    });
    assert.equal((await made(other)).inputs.create, first);
  });

  it("is replaced when an owned step changes, and taken back by its undo", async () => {
    const owned = (level: string): NodeCommand =>
      new NodeCommand("edge-vip", {
        machine,
        script: "components/node/scripts/ready.sh",
        kind: { undo: "components/node/scripts/wait.sh" },
        args: { level },
        timeoutSeconds: 5,
      });
    const first = await made(owned("1"));
    assert.match(String(first.inputs.delete), /^timeout -k 10 100 .* step undo$/);
    assert.match(String(secretValue(first.inputs.stdin)), /\nundo [A-Za-z0-9+/=]+\n/);
    recorded.length = 0;
    const second = await made(owned("2"));
    assert.notDeepEqual(second.inputs.triggers, first.inputs.triggers);
  });

  it("answers what the script wrote to file descriptor 3, as a secret", async () => {
    const { output } = declarative();
    assert.deepEqual(await settled(output), { port: 80 });
    assert.equal(await pulumi.isSecret(output), true);
  });

  it("keeps the steps of stacks and resources apart, in names the node accepts", () => {
    assert.equal(stepId("lab", "edge-ready"), "lab.edge-ready");
    assert.equal(stepId("Org/Lab", "Edge Ready"), "org-lab.edge-ready");
    const long = stepId("lab", "x".repeat(200));
    assert.equal(long.length, 100);
    assert.notEqual(long, stepId("lab", "x".repeat(201)));
  });
});
