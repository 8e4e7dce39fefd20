import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/** Inputs that a provider refuses before anything happens, also in a preview. */
export interface RefusedInput {
  name: string;
  provider: "command" | "random" | "tls" | "kubernetes";
  type: string;
  inputs: Record<string, JavaScriptValue>;
  error: string;
}

/** The string that stands for one that is not known yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function table(
  provider: RefusedInput["provider"],
  type: string,
  rows: [string, RefusedInput["inputs"], string][],
) {
  return rows.map(([name, inputs, error]): RefusedInput => ({ name, provider, type, inputs, error }));
}

export const refusedInputs: RefusedInput[] = [
  ...table("command", "command:remote:Command", [
    [
      "connection without a host",
      { connection: { user: "x" } },
      "connection: An error occurred decoding 'CommandInputs.connection': 1 failures decoding:\n\thost: Missing required field 'host' on 'remote.Connection'",
    ],
    ["no connection", {}, "connection: Missing required field 'connection' on 'remote.CommandInputs'"],
    [
      "connection with a member too many",
      { connection: { host: "h", hots: "x" } },
      "\n\thots: Unrecognized field 'hots' on 'remote.Connection'",
    ],
    [
      "port that is a text",
      { connection: { host: "h", port: "22" } },
      "\n\tport: Field 'port' on 'remote.Connection' must be a 'float64'; got 'string' instead",
    ],
    [
      "proxy without a host",
      { connection: { host: "h", proxy: { port: 1 } } },
      "Missing required field 'host' on 'remote.ProxyConnection'",
    ],
    // The table of logging modes is not looked at, nor is a number that ought to be whole.
    ["logging of an unknown kind", { connection: { host: "h", dialErrorLimit: 1.5 }, logging: "all" }, ""],
  ]),
  ...table("command", "command:local:Command", [
    [
      "create that is a number",
      { create: 5 },
      "create: Field 'create' on 'local.CommandInputs' must be a 'string'; got 'float64' instead",
    ],
    ["input too many", { creates: "true" }, "creates: Unrecognized field 'creates' on 'local.CommandInputs'"],
    [
      "variable that is a number",
      { create: "true", environment: { A: 1 } },
      "Field 'environment[A] value' on 'local.CommandInputs' must be a 'string'; got 'float64' instead",
    ],
    [
      "variables that are a text",
      { environment: "x" },
      "Field 'environment' on 'local.CommandInputs' must be a 'map[string]string'; got 'string' instead",
    ],
    ["interpreter that is a text", { interpreter: "bash" }, "must be a '[]string'; got 'string' instead"],
    ["interpreter of numbers", { interpreter: ["bash", 1] }, "must be a 'string'; got 'float64' instead"],
    ["triggers that are a text", { triggers: "x" }, "must be a '[]interface {}'; got 'string' instead"],
    ["flag that is a text", { addPreviousOutputInEnv: "no" }, "must be a 'bool'; got 'string' instead"],
  ]),
  ...table("command", "command:remote:CopyToRemote", [
    [
      "copy of nothing",
      { connection: { host: "h" }, remotePath: "/x" },
      "source: Missing required field 'source' on 'remote.CopyToRemoteInputs'\nasset: either asset or archive must be set",
    ],
    [
      "copy of a text that is no asset",
      { connection: { host: "h" }, remotePath: "/x", source: "text" },
      "asset: either asset or archive must be set",
    ],
    [
      // Later versions take it, 1.2.1 does not.
      "copy of what is not known yet",
      { connection: { host: "h" }, remotePath: "/x", source: UNKNOWN },
      "asset: either asset or archive must be set",
    ],
  ]),
  ...table("random", "random:index/randomString:RandomString", [
    [
      "string of no length",
      { length: 0 },
      "Attribute length value must be at least 1, got: 0. Examine values at 'string of no length.length'.",
    ],
    [
      "string shorter than its minimums",
      { length: 3, minUpper: 2, minLower: 2 },
      "Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, got: 3.",
    ],
    [
      "string of no class",
      { length: 3, upper: false, lower: false, numeric: false, special: false },
      "At least one attribute out of [special,upper,lower,numeric] must be specified as true.",
    ],
    ["length that is none", { length: "x" }, 'failed on property "length": Expected a Number, got'],
    ["length that is a number in a text", { length: "5" }, ""],
    ["class that is a text", { length: 5, upper: "false" }, 'failed on property "upper": Expected a Boolean'],
  ]),
  ...table("random", "random:index/randomId:RandomId", [
    [
      "keepers that are a text",
      { byteLength: 1, keepers: "x" },
      "Expected an Object PropertyValue, found string",
    ],
    ["keeper that is a number", { byteLength: 1, keepers: { a: 1 } }, ""],
  ]),
  ...table("kubernetes", "kubernetes:core/v1:ConfigMap", [
    ["object", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }, ""],
    [
      "object that the server shall name",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "a-" } },
      "the `.metadata.generateName` field is not supported in Server-Side Apply mode",
    ],
  ]),
  ...table("kubernetes", "kubernetes:core/v1:ConfigMapList", [
    [
      "list of objects",
      { apiVersion: "v1", kind: "ConfigMapList", items: [] },
      "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created directly.",
    ],
  ]),
  ...table("kubernetes", "kubernetes:helm.sh/v3:Release", [
    [
      "release of a chart that is not there",
      { chart: "./no-such-chart", version: "1.0.0" },
      "; check the chart name and repository configuration.",
    ],
    // An unknown value: the chart is looked at when everything is known.
    ["release with a namespace not known yet", { chart: "./no-such-chart", namespace: UNKNOWN }, ""],
  ]),
  ...table("tls", "tls:index/privateKey:PrivateKey", [
    [
      "key of an unknown algorithm",
      { algorithm: "DSA" },
      'Attribute algorithm value must be one of: ["RSA" "ECDSA" "ED25519"], got: "DSA".',
    ],
    [
      "key on an unknown curve",
      { algorithm: "ECDSA", ecdsaCurve: "P1" },
      'Attribute ecdsa_curve value must be one of: ["P224" "P256" "P384" "P521"], got: "P1".',
    ],
  ]),
];
