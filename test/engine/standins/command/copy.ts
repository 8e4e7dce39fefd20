import { createReadStream, statSync } from "node:fs";
import type { SFTPWrapper } from "ssh2";
import { difference } from "../provider/difference";
import {
  isArchive,
  isAsset,
  reveal,
  uniqueHex,
  UNKNOWN,
  type Property,
  type PropertyMap,
} from "../provider/property";
import { checkStruct } from "../provider/shape";
import type { CheckFailure, ResourceCall, ResourceKind } from "../provider/stand-in";
import { hostsOf, parseConnection } from "./connection";
import { dial } from "./dial";
import { RemoteFiles } from "./remote-files";
import { copyFile as copyFileShapes, copyToRemote as copyToRemoteShapes } from "./shapes";

/** `command:remote:CopyToRemote`: writes a file, a folder or a text to another machine over SFTP. */
export const copyToRemote: ResourceKind = {
  check({ inputs: given }) {
    const { inputs, failures } = checkStruct(copyToRemoteShapes, given);
    return { inputs, failures: [...failures, ...sourceFailures(inputs.source)] };
  },

  diff: ({ oldInputs, inputs }) => difference(oldInputs, inputs, (path) => path === "triggers"),

  async create(call) {
    if (call.preview) return { id: "", outputs: planned(call.inputs) };
    await copySource(call.inputs, call);
    return { id: uniqueHex(""), outputs: call.inputs };
  },

  async update(call) {
    const { inputs, state, preview } = call;
    if (preview) return planned(inputs);
    const same = sourceHash(inputs) === sourceHash(state) && inputs.remotePath === state.remotePath;
    if (!same) await copySource(inputs, call);
    return inputs;
  },

  // The official resource has no delete: what was copied stays.
  delete: () => Promise.resolve(),

  hosts: (inputs) => hostsOf(inputs.connection),
};

/** `command:remote:CopyFile`, the deprecated form: a path of this machine, and every change replaces. */
export const copyFile: ResourceKind = {
  check: ({ inputs }) => checkStruct(copyFileShapes, inputs),

  diff: ({ oldInputs, inputs }) => difference(oldInputs, inputs, () => true),

  async create(call) {
    const { inputs, preview } = call;
    if (preview) return { id: "", outputs: inputs };
    const localPath = text(inputs.localPath);
    openable(localPath);
    await withFiles(inputs, call, (files) =>
      files.write(createReadStream(localPath), text(inputs.remotePath)),
    );
    return { id: uniqueHex(""), outputs: inputs };
  },

  update: ({ urn }) => Promise.reject(new Error(`Update is not implemented for resource ${urn}`)),

  delete: () => Promise.resolve(),

  hosts: (inputs) => hostsOf(inputs.connection),
};

/** The official provider does not recognise its own input in this output, so previews do not know it. */
function planned(inputs: PropertyMap): PropertyMap {
  return { ...inputs, source: UNKNOWN };
}

function sourceFailures(given: Property | undefined): CheckFailure[] {
  const source = given === undefined ? null : reveal(given);
  if (isAsset(source)) {
    if (source.path !== undefined || source.text !== undefined) return [];
    return [{ property: "asset", reason: "asset must be a path-based file asset or a text asset" }];
  }
  if (isArchive(source)) {
    if (source.path !== undefined) return [];
    return [{ property: "archive", reason: "archive must be a path to a file or directory" }];
  }
  // Version 1.2.1 refuses a source that is not known yet with these words too.
  return [{ property: "asset", reason: "either asset or archive must be set" }];
}

function sourceHash(values: PropertyMap): Property | undefined {
  const source = reveal(values.source ?? null);
  return isAsset(source) || isArchive(source) ? source.hash : undefined;
}

async function copySource(inputs: PropertyMap, call: ResourceCall): Promise<void> {
  const source = reveal(inputs.source ?? null);
  const remotePath = text(inputs.remotePath);
  if (!isAsset(source) && !isArchive(source)) throw new Error("either asset or archive must be set");
  await withFiles(inputs, call, async (files) => {
    if (typeof source.text === "string" && source.path === undefined)
      await files.copyText(source.text, remotePath);
    else await files.copyPath(text(source.path), remotePath);
  });
}

async function withFiles(
  inputs: PropertyMap,
  { log, cancelled }: ResourceCall,
  use: (files: RemoteFiles) => Promise<void>,
): Promise<void> {
  const connection = await dial(parseConnection(inputs.connection), { log, cancelled });
  try {
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      connection.client.sftp((error, session) => {
        if (error) reject(error);
        else resolve(session);
      });
    });
    await use(new RemoteFiles(sftp));
    sftp.end();
  } finally {
    connection.close();
  }
}

function openable(path: string): void {
  try {
    statSync(path);
  } catch (error) {
    throw new Error(`open ${path}: no such file or directory`, { cause: error });
  }
}

function text(value: Property | undefined): string {
  const plain = reveal(value ?? null);
  if (typeof plain !== "string") throw new Error(`a text was expected, found ${JSON.stringify(plain)}`);
  return plain;
}
