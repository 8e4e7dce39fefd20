// Two dynamic resources of the type of a BPF program, and a command inside a NodeCommand. BREAK says what is wrong.
const command = require("@pulumi/command");
const pulumi = require("@pulumi/pulumi");

const broken = process.env.BREAK ?? "";
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJgnZ2ZxTSV3z0b6N0a2n0m7VgGVnPsm8JIr1a1hYF1N";

const provider = {
  async create(inputs) {
    require("node:fs").appendFileSync(process.env.TOUCHED, `${inputs.program}\n`);
    return { id: inputs.program, outs: { ...inputs, key: "no key" } };
  },
};

class Program extends pulumi.dynamic.Resource {
  constructor(name, key) {
    const connection = { host: `198.18.77.${name === "first" ? 10 : 11}`, user: "root", hostKey: key };
    const attach = { hook: "xdp", interface: "host0", slot: 0, mode: "native" };
    super(
      provider,
      name,
      { program: name, build: "node", connection, attach, key: undefined },
      {},
      "bpf",
      "Program",
    );
  }
}

class NodeCommand extends pulumi.ComponentResource {
  constructor(name) {
    super("ebpf-platform:node:NodeCommand", name);
    this.registerOutputs({});
  }
}

const first = new Program("first", hostKey);
new Program(
  "second",
  { plain: undefined, late: first.key }[broken] ?? (broken === "plain" ? undefined : hostKey),
);

if (broken === "" && process.env.COMMAND) {
  const run = "timeout -k 10 60 true";
  new command.remote.Command(
    "step",
    {
      connection: { host: "198.18.77.10", user: "root", hostKey, dialErrorLimit: 8, perDialTimeout: 10 },
      create: run,
      update: run,
      stdin: "not marked as secret",
      logging: "none",
      addPreviousOutputInEnv: false,
    },
    { parent: new NodeCommand("step"), additionalSecretOutputs: ["stdout", "stderr"] },
  );
}
