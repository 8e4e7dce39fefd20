import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { numbersProvider } from "../../../components/bpf/provider/numbers-provider";
import { parentTypesOf } from "../../../policy/facts";
import type { Value } from "../../../policy/field";
import type { RecordedResource } from "../../../policy/recorded";

// Prints, as one line of JSON, every resource that the real program registers with the config on standard input and the
// stack name given as argument: inputs with secrets unwrapped, and the options that the engine hides from policies. A
// process of its own, because Pulumi keeps its state in module variables.

/** The parts of the registration request that the protocol has and Pulumi's types do not export. */
interface Registration {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getDependenciesList(): string[];
  getDeletebeforereplace(): boolean;
  getDeletebeforereplacedefined(): boolean;
  getIgnorechangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getReplaceonchangesList(): string[];
  getRetainondelete(): boolean;
  getDeletedwith(): string;
}
interface Monitor {
  newUrn(parent: string, type: string, name: string): string;
  registerResource(request: Registration, callback: (error: unknown, response: unknown) => void): unknown;
}

const secretSignature = "4dabf18193072939515e22adb298388d";
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJgnZ2ZxTSV3z0b6N0a2n0m7VgGVnPsm8JIr1a1hYF1N";

/** What providers answer, as far as the program reads it. */
async function outputsOf(type: string, name: string, inputs: unknown): Promise<Record<string, unknown>> {
  switch (type) {
    case "pulumi-nodejs:dynamic/load-balancer:Numbering": {
      // The real one: it computes and asks nobody.
      const { schemaVersion, vips, backends } = inputs as Record<string, unknown>;
      return (await numbersProvider.create({ schemaVersion, vips, backends })).outs as Record<
        string,
        unknown
      >;
    }
    case "tls:index/privateKey:PrivateKey":
      return { publicKeyOpenssh: publicKey, privateKeyOpenssh: `private key ${name}` };
    case "command:local:Command":
      return { stdout: JSON.stringify({ name, address: "198.18.10.9", instance: "0123-4567" }) };
    case "command:remote:Command":
      return {
        stdout: JSON.stringify({ step: name, state: "done", rc: 0, hash: "0", seconds: 1, output: {} }),
      };
    default:
      return {};
  }
}

/** Plain values, as a policy gets them. */
function plain(value: unknown): Value {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value as Value;
  if (secretSignature in value && "value" in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

function recordOf(request: Registration, monitor: Monitor): RecordedResource {
  const type = request.getType();
  const parent = request.getParent();
  const around =
    parent === "" ? [] : [...parentTypesOf(parent), (parent.split("::")[2] ?? "").split("$").at(-1) ?? ""];
  const deletedWith = request.getDeletedwith();
  return {
    type,
    name: request.getName(),
    urn: monitor.newUrn(parent, type, request.getName()),
    parents: around.filter((name) => name !== "pulumi:pulumi:Stack"),
    props: plain(request.getObject()?.toJavaScript() ?? {}),
    options: {
      protect: request.getProtect(),
      ignoreChanges: request.getIgnorechangesList(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      ...(request.getDeletebeforereplacedefined()
        ? { deleteBeforeReplace: request.getDeletebeforereplace() }
        : {}),
    },
    hidden: {
      replaceOnChanges: request.getReplaceonchangesList(),
      retainOnDelete: request.getRetainondelete(),
      ...(deletedWith === "" ? {} : { deletedWith }),
    },
    dependencies: request.getDependenciesList(),
  };
}

async function record(stack: string): Promise<readonly RecordedResource[]> {
  const config = JSON.parse(readFileSync(process.stdin.fd, "utf8")) as Record<string, unknown>;
  const texts = Object.entries(config).map(([key, value]) => [
    `ebpf-platform:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>);
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: { ...(inputs as Record<string, unknown>), ...(await outputsOf(type, name, inputs)) },
      }),
      call: () => ({}),
    },
    "ebpf-platform",
    stack,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const registerResource = monitor.registerResource.bind(monitor);
  const records: RecordedResource[] = [];
  monitor.registerResource = (request, callback) => {
    records.push(recordOf(request, monitor));
    return registerResource(request, callback);
  };
  await pulumi.runtime.runInPulumiStack(() => import("../../../index.js"));
  await pulumi.runtime.disconnect();
  return records;
}

record(process.argv[2] ?? "lab").then(
  (records) => process.stdout.write(`${JSON.stringify(records)}\n`),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
