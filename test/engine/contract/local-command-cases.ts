import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { local } from "@pulumi/command";
import { asset, secret } from "@pulumi/pulumi";
import type { ContractCase } from "./case.js";

const scratch = mkdtempSync(join(tmpdir(), "contract-local-"));
const file = (name: string) => join(scratch, name);
const lines = (name: string) =>
  existsSync(file(name)) ? readFileSync(file(name), "utf8").trim().split("\n") : [];

process.once("exit", () => {
  rmSync(scratch, { recursive: true, force: true });
});

export const localCommandCases: ContractCase[] = [
  {
    name: "local streams and secrets",
    rounds: [
      {
        make: (name) =>
          new local.Command(name, {
            create: `cat; printf 'end\\n\\n'; printf '%s\\n' "$GREETING" >&2`,
            stdin: secret("from stdin\n"),
            environment: { GREETING: secret("hello") },
            dir: scratch,
          }),
        operation: "create",
        // One newline is cut, not all.
        outputs: { stdout: "from stdin\nend\n", stderr: "hello", create: /^cat/ },
        secret: ["stdin", "environment"],
        clear: ["stdout", "stderr", "create", "dir"],
        known: ["id", "create", "stdin", "dir"],
        unknown: ["stdout", "stderr"],
      },
    ],
  },
  {
    name: "local update by create",
    rounds: [
      {
        make: (name) =>
          new local.Command(name, {
            create: `echo run >> ${file("by-create")}; echo "1 $PULUMI_COMMAND_STDOUT"`,
          }),
        outputs: { stdout: "1 " },
      },
      {
        make: (name) =>
          new local.Command(name, {
            create: `echo run >> ${file("by-create")}; echo "2 $PULUMI_COMMAND_STDOUT"`,
          }),
        operation: "update",
        changed: ["create"],
        outputs: { stdout: "2 1 " },
        unknown: ["stdout"],
      },
      {
        // A change of the delete text alone runs create once more.
        make: (name) =>
          new local.Command(name, {
            create: `echo run >> ${file("by-create")}; echo "2 $PULUMI_COMMAND_STDOUT"`,
            delete: `echo "gone $PULUMI_COMMAND_STDOUT" > ${file("by-create-gone")}`,
          }),
        operation: "update",
        changed: ["delete"],
        outputs: { stdout: "2 2 1 " },
        probe: () => lines("by-create").length,
        probed: 3,
      },
    ],
    deleted: { probe: () => lines("by-create-gone"), probed: ["gone 2 2 1"] },
  },
  {
    name: "local update by update",
    rounds: [
      {
        make: (name) =>
          new local.Command(name, {
            create: "echo created",
            update: "echo updated",
            environment: { A: "1" },
          }),
        outputs: { stdout: "created" },
      },
      {
        make: (name) =>
          new local.Command(name, {
            create: "echo created",
            update: "echo updated $PULUMI_COMMAND_STDOUT",
            environment: { A: "2" },
            addPreviousOutputInEnv: false,
          }),
        operation: "update",
        changed: ["addPreviousOutputInEnv", "environment.A", "update"],
        outputs: { stdout: "updated" },
      },
      {
        make: (name) =>
          new local.Command(name, {
            create: "echo created",
            update: "echo updated $PULUMI_COMMAND_STDOUT",
            environment: { A: "2" },
            addPreviousOutputInEnv: false,
          }),
        operation: "same",
        outputs: { stdout: "updated" },
      },
    ],
  },
  {
    name: "local triggers",
    rounds: [
      {
        make: (name) =>
          new local.Command(name, { create: "echo new", update: "echo updated", triggers: ["one", 1] }),
        outputs: { stdout: "new" },
      },
      {
        make: (name) =>
          new local.Command(name, { create: "echo new", update: "echo updated", triggers: ["two", 1] }),
        operation: "replace",
        outputs: { stdout: "new" },
      },
    ],
  },
  {
    name: "local interpreter and files",
    rounds: [
      {
        make: (name) => {
          writeFileSync(file("kept.txt"), "kept");
          writeFileSync(file("left-out.txt"), "left out");
          return new local.Command(name, {
            create: "echo $0 $BASH_VERSINFO",
            interpreter: ["/bin/bash", "-c"],
            dir: scratch,
            assetPaths: ["*.txt", "!left*"],
            archivePaths: ["kept.*"],
            logging: "none",
          });
        },
        outputs: {
          stdout: /^\/bin\/bash \d+$/,
          assets: (value: unknown) => {
            const found = value as Record<string, asset.FileAsset>;
            const [[name, kept] = []] = Object.entries(found);
            if (name !== "kept.txt" || Object.keys(found).length !== 1)
              throw new Error(JSON.stringify(found));
            if (!(kept instanceof asset.FileAsset)) throw new Error("kept.txt is no file asset");
          },
          archive: (value: unknown) => {
            if (!(value instanceof asset.AssetArchive)) throw new Error("the archive is none");
          },
        },
      },
    ],
  },
  {
    name: "local without a text",
    rounds: [
      {
        make: (name) => new local.Command(name, { delete: `touch ${file("only-delete")}` }),
        outputs: { stdout: "", stderr: "" },
      },
    ],
    deleted: { probe: () => existsSync(file("only-delete")), probed: true },
  },
];

export const localCommandFailures: ContractCase[] = [
  {
    name: "local exit status",
    rounds: [
      {
        make: (name) => new local.Command(name, { create: `echo 'o"ut'; exit 7 # ä\t\\` }),
        error: `exit status 7: running "echo 'o\\"ut'; exit 7 # ä\\t\\\\":\no"ut`,
      },
    ],
  },
  {
    name: "local signal",
    rounds: [
      { make: (name) => new local.Command(name, { create: "kill -9 $$" }), error: "signal: killed: running" },
    ],
  },
  {
    name: "local folder that is not there",
    rounds: [
      {
        make: (name) => new local.Command(name, { create: "true", dir: "/nowhere" }),
        error: /chdir \/nowhere: no such file or directory: running "true":/,
      },
    ],
  },
  {
    name: "local interpreter that is not there",
    rounds: [
      {
        make: (name) => new local.Command(name, { create: "true", interpreter: ["no-such-program"] }),
        error: /exec: "no-such-program": executable file not found in \$PATH: running "true":/,
      },
    ],
  },
];
