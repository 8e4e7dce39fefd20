import type { Shape, Struct } from "../provider/shape";

const text: Shape = { type: "string" };

/** Of any type; an element that changes is an update for the provider, the SDK makes a replacement of it. */
const triggers: Shape = { type: "list" };

const endpoint: Record<string, Shape> = {
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

const proxy: Shape = { type: "object", of: { name: "remote.ProxyConnection", members: endpoint } };

const connection: Shape = {
  type: "object",
  required: true,
  secret: true,
  of: { name: "remote.Connection", members: { ...endpoint, proxy } },
};

const lifecycle: Record<string, Shape> = { triggers, create: text, update: text, delete: text };

export const remoteCommand: Struct = {
  name: "remote.CommandInputs",
  members: {
    ...lifecycle,
    stdin: text,
    logging: text,
    connection,
    environment: { type: "stringMap" },
    addPreviousOutputInEnv: { type: "boolean" },
  },
};

const localBase: Record<string, Shape> = {
  stdin: text,
  logging: text,
  interpreter: { type: "strings" },
  dir: text,
  environment: { type: "stringMap" },
  assetPaths: { type: "strings" },
  archivePaths: { type: "strings" },
  addPreviousOutputInEnv: { type: "boolean" },
};

export const localCommand: Struct = { name: "local.CommandInputs", members: { ...lifecycle, ...localBase } };

export const localRun: Struct = {
  name: "local.RunInputs",
  members: { ...localBase, command: { type: "string", required: true } },
};

export const copyToRemote: Struct = {
  name: "remote.CopyToRemoteInputs",
  members: {
    connection,
    triggers,
    source: { type: "any", required: true },
    remotePath: { type: "string", required: true },
  },
};

export const copyFile: Struct = {
  name: "remote.CopyFileInputs",
  members: {
    connection,
    triggers,
    localPath: { type: "string", required: true },
    remotePath: { type: "string", required: true },
  },
};
