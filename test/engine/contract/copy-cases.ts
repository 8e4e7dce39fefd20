import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { remote } from "@pulumi/command";
import { asset, CustomResource, secret, type Inputs } from "@pulumi/pulumi";
import type { ContractCase } from "./case.js";
import type { SshServer } from "./ssh-server.js";

/** Deprecated, but still part of the provider; the SDK's class would warn here. */
class CopyFile extends CustomResource {
  constructor(name: string, inputs: Inputs) {
    super("command:remote:CopyFile", name, inputs, { version: "1.2.1" });
  }
}

/** The rows for files over SFTP; `server` is asked for when a row runs. */
export function copyCases(server: () => SshServer): ContractCase[] {
  const connection = () => server().login;
  const file = (...names: string[]) => join(server().scratch, ...names);
  const source = (name: string, content: string) => {
    mkdirSync(file("source", "folder", "inner"), { recursive: true });
    writeFileSync(file("source", name), content);
    return file("source", name);
  };
  const read = (...names: string[]) =>
    existsSync(file(...names)) ? readFileSync(file(...names), "utf8") : undefined;
  return [
    {
      name: "copy of a text",
      rounds: [
        {
          make: (name) =>
            new remote.CopyToRemote(name, {
              connection: connection(),
              source: new asset.StringAsset("one"),
              remotePath: file("new", "folder", "text"),
            }),
          operation: "create",
          secret: ["connection"],
          clear: ["source", "remotePath"],
          known: ["remotePath"],
          unknown: ["source"],
          probe: () => read("new", "folder", "text"),
          probed: "one",
        },
        {
          make: (name) =>
            new remote.CopyToRemote(name, {
              connection: connection(),
              source: new asset.StringAsset("two"),
              remotePath: file("new", "folder", "text"),
            }),
          operation: "update",
          changed: ["source"],
          probe: () => read("new", "folder", "text"),
          probed: "two",
        },
        {
          // A changed connection alone copies nothing.
          make: (name) => {
            writeFileSync(file("new", "folder", "text"), "changed by hand");
            return new remote.CopyToRemote(name, {
              connection: { ...connection(), perDialTimeout: 14 },
              source: new asset.StringAsset("two"),
              remotePath: file("new", "folder", "text"),
            });
          },
          operation: "update",
          changed: ["connection"],
          probe: () => read("new", "folder", "text"),
          probed: "changed by hand",
        },
      ],
      deleted: { probe: () => existsSync(file("new", "folder", "text")), probed: true },
    },
    {
      name: "copy of a file into a folder",
      rounds: [
        {
          make: (name) => {
            mkdirSync(file("into"), { recursive: true });
            return new remote.CopyToRemote(name, {
              connection: connection(),
              source: secret(new asset.FileAsset(source("plain.txt", "plain"))),
              remotePath: file("into"),
              triggers: ["one"],
            });
          },
          secret: ["source"],
          probe: () => read("into", "plain.txt"),
          probed: "plain",
        },
        {
          make: (name) =>
            new remote.CopyToRemote(name, {
              connection: connection(),
              source: secret(new asset.FileAsset(source("plain.txt", "plain"))),
              remotePath: file("into"),
              triggers: ["two"],
            }),
          operation: "replace",
        },
      ],
    },
    {
      name: "copy of a folder",
      rounds: [
        {
          make: (name) => {
            source("folder/a", "a");
            source("folder/inner/b", "b");
            return new remote.CopyToRemote(name, {
              connection: connection(),
              source: new asset.FileArchive(file("source", "folder")),
              remotePath: file("target"),
            });
          },
          probe: () => [read("target", "folder", "a"), read("target", "folder", "inner", "b")],
          probed: ["a", "b"],
        },
        {
          // With a slash at the end, the content and not the folder itself.
          make: (name) =>
            new remote.CopyToRemote(name, {
              connection: connection(),
              source: new asset.FileArchive(`${file("source", "folder")}/`),
              remotePath: file("target2"),
            }),
          operation: "update",
          probe: () => readdirSync(file("target2")).sort(),
          probed: ["a", "inner"],
        },
      ],
    },
    {
      name: "copy of a file, the old way",
      rounds: [
        {
          make: (name) =>
            new CopyFile(name, {
              connection: connection(),
              localPath: source("old.txt", "old"),
              remotePath: file("old-1"),
            }),
          probe: () => read("old-1"),
          probed: "old",
        },
        {
          make: (name) =>
            new CopyFile(name, {
              connection: connection(),
              localPath: source("old.txt", "old"),
              remotePath: file("old-2"),
            }),
          operation: "replace",
          changed: ["remotePath"],
          probe: () => [read("old-1"), read("old-2")],
          probed: ["old", "old"],
        },
      ],
    },
  ];
}

export function copyFailures(server: () => SshServer): ContractCase[] {
  const connection = () => ({ ...server().login, dialErrorLimit: 1 });
  return [
    {
      name: "copy of a text onto a folder",
      rounds: [
        {
          make: (name) =>
            new remote.CopyToRemote(name, {
              connection: connection(),
              source: new asset.StringAsset("text"),
              remotePath: server().scratch,
            }),
          error: /is a directory; when using a text asset, remotePath must be a file path/,
        },
      ],
    },
    {
      name: "copy of a file that is not there",
      rounds: [
        {
          make: (name) =>
            new CopyFile(name, {
              connection: connection(),
              localPath: "/nowhere/file",
              remotePath: join(server().scratch, "never"),
            }),
          error: "open /nowhere/file: no such file or directory",
        },
      ],
    },
  ];
}
