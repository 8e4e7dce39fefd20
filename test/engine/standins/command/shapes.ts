import type { Shape, Shapes } from "../provider/shape";

const text: Shape = { type: "string" };
const flag: Shape = { type: "boolean" };
const textMap: Shape = { type: "map", items: text };
const textList: Shape = { type: "array", items: text };

/** `triggers` of any type; the official provider marks the list, so a changed element alone is an update. */
export const triggers: Shape = { type: "array" };

const endpoint: Shapes = {
  user: { type: "string", default: "root" },
  password: { type: "string", secret: true },
  host: { type: "string", required: true },
  port: { type: "number", default: 22 },
  privateKey: { type: "string", secret: true },
  privateKeyPassword: { type: "string", secret: true },
  agentSocketPath: text,
  dialErrorLimit: { type: "integer", default: 10 },
  perDialTimeout: { type: "integer", default: 15 },
  hostKey: text,
};

export const connection: Shape = {
  type: "object",
  required: true,
  secret: true,
  members: { ...endpoint, proxy: { type: "object", members: endpoint } },
};

const lifecycle: Shapes = { triggers, create: text, update: text, delete: text };

export const remoteCommand: Shapes = {
  ...lifecycle,
  connection,
  stdin: text,
  logging: text,
  environment: textMap,
  addPreviousOutputInEnv: flag,
};

const localBase: Shapes = {
  stdin: text,
  logging: text,
  interpreter: textList,
  dir: text,
  environment: textMap,
  assetPaths: textList,
  archivePaths: textList,
  addPreviousOutputInEnv: flag,
};

export const localCommand: Shapes = { ...lifecycle, ...localBase };

export const localRun: Shapes = { ...localBase, command: { type: "string", required: true } };

export const copyToRemote: Shapes = {
  connection,
  triggers,
  source: { type: "any", required: true },
  remotePath: { type: "string", required: true },
};

export const copyFile: Shapes = {
  connection,
  triggers,
  localPath: { type: "string", required: true },
  remotePath: { type: "string", required: true },
};
