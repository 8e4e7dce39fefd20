import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { remote } from "@pulumi/command";
import { all, secret, unsecret, type CustomResource } from "@pulumi/pulumi";
import type { ContractCase } from "./case.js";
import type { SshServer } from "./ssh-server.js";

/** The rows for commands over SSH; `server` is asked for when a row runs. */
export function remoteCommandCases(server: () => SshServer): ContractCase[] {
  const login = () => server().login;
  const file = (name: string) => join(server().scratch, name);
  const lines = (name: string) =>
    existsSync(file(name)) ? readFileSync(file(name), "utf8").trim().split("\n") : [];
  const command = (name: string, args: Omit<remote.CommandArgs, "connection">): CustomResource =>
    new remote.Command(name, { connection: login(), addPreviousOutputInEnv: false, ...args });
  return [
    {
      name: "remote streams and secrets",
      rounds: [
        {
          make: (name) =>
            command(name, {
              create: secret(`cat; printf 'end\\n\\n'; printf '%s\\n' "$CONTRACT_GREETING" >&2`),
              stdin: secret("from stdin\n"),
              environment: { CONTRACT_GREETING: secret("hello") },
            }),
          operation: "create",
          outputs: { stdout: "from stdin\nend\n", stderr: "hello" },
          secret: ["connection", "stdin", "environment", "create"],
          // Never secret, even when everything that went in is.
          clear: ["stdout", "stderr"],
          known: ["create", "stdin", "connection"],
          unknown: ["stdout", "stderr"],
        },
      ],
    },
    {
      name: "remote connection defaults",
      rounds: [
        {
          make: (name) =>
            new remote.Command(name, {
              connection: {
                host: login().host,
                port: login().port,
                privateKey: login().privateKey,
                proxy: {
                  host: login().host,
                  port: login().port,
                  privateKey: login().privateKey,
                  hostKey: login().hostKey,
                },
              },
              create: "whoami",
            }),
          outputs: {
            stdout: "root",
            connection: hasDefaults,
          },
        },
      ],
    },
    {
      name: "remote update by create",
      rounds: [
        {
          make: (name) => command(name, { create: `echo run >> ${file("by-create")}; echo one` }),
          outputs: { stdout: "one" },
        },
        {
          make: (name) => command(name, { create: `echo run >> ${file("by-create")}; echo two` }),
          operation: "update",
          changed: ["create"],
          outputs: { stdout: "two" },
          unknown: ["stdout"],
        },
        {
          make: (name) =>
            command(name, {
              create: `echo run >> ${file("by-create")}; echo two`,
              delete: `cat > ${file("by-create-gone")}`,
              stdin: "the state's input",
            }),
          operation: "update",
          changed: ["delete", "stdin"],
          probe: () => lines("by-create").length,
          probed: 3,
        },
      ],
      deleted: { probe: () => lines("by-create-gone"), probed: ["the state's input"] },
    },
    {
      name: "remote update by update",
      rounds: [
        {
          make: (name) => command(name, { create: "echo created", update: "echo updated", logging: "none" }),
          outputs: { stdout: "created" },
        },
        {
          // A changed connection is an update, and it runs the update text.
          make: (name) =>
            new remote.Command(name, {
              connection: { ...login(), perDialTimeout: 14 },
              addPreviousOutputInEnv: false,
              create: "echo created",
              update: "echo updated",
              logging: "none",
            }),
          operation: "update",
          changed: ["connection"],
          outputs: { stdout: "updated" },
        },
        {
          make: (name) =>
            new remote.Command(name, {
              connection: { ...login(), perDialTimeout: 14 },
              addPreviousOutputInEnv: false,
              create: "echo created",
              update: "echo updated",
              logging: "none",
            }),
          operation: "same",
          outputs: { stdout: "updated" },
        },
      ],
    },
    {
      name: "remote triggers",
      rounds: [
        {
          make: (name) => command(name, { create: "echo new", update: "echo updated", triggers: ["one"] }),
          outputs: { stdout: "new" },
        },
        {
          make: (name) => command(name, { create: "echo new", update: "echo updated", triggers: ["two"] }),
          operation: "replace",
          outputs: { stdout: "new" },
        },
      ],
    },
    {
      name: "remote previous output that is refused",
      rounds: [
        {
          make: (name) => new remote.Command(name, { connection: login(), create: "echo out" }),
          outputs: { stdout: "out" },
        },
        {
          make: (name) =>
            new remote.Command(name, { connection: login(), create: 'echo "out <$PULUMI_COMMAND_STDOUT>"' }),
          operation: "update",
          warning: /Unable to set 'PULUMI_COMMAND_STDOUT'\. This only works if your SSH server/,
          outputs: { stdout: "out <>" },
        },
      ],
    },
    {
      name: "remote large output without logging",
      rounds: [
        {
          make: (name) =>
            command(name, {
              create: "head -c 200000 /dev/zero | tr '\\0' x; head -c 70000 /dev/zero >&2",
              logging: "none",
            }),
          outputs: {
            stdout: (value: unknown) => {
              if (String(value).length !== 200_000)
                throw new Error(`stdout has ${String(String(value).length)} characters`);
            },
          },
        },
      ],
    },
    {
      name: "remote secret of a dependency",
      rounds: [
        {
          make: (name) => {
            const text = all([secret("a"), unsecret(secret("b"))]).apply(([a, b]) => `echo ${a}${b}`);
            return command(name, { create: text });
          },
          outputs: { stdout: "ab" },
          secret: ["create"],
          clear: ["stdout"],
        },
      ],
    },
  ];
}

export function remoteCommandFailures(server: () => SshServer): ContractCase[] {
  const login = () => ({ ...server().login, dialErrorLimit: 1 });
  const failing = (
    name: string,
    args: (name: string) => remote.CommandArgs,
    error: string | RegExp,
  ): ContractCase => ({
    name,
    rounds: [{ make: (resource) => new remote.Command(resource, args(resource)), error }],
  });
  return [
    failing(
      "remote exit status",
      () => ({ connection: login(), create: 'echo out; echo "err" >&2; exit 7', logging: "none" }),
      /Process exited with status 7: running "echo out; echo \\"err\\" >&2; exit 7":\n(out\nerr|err\nout)/,
    ),
    failing(
      "remote signal",
      () => ({ connection: login(), create: "kill -TERM $$" }),
      /Process exited with status 143 from signal TERM: running "kill -TERM \$\$":/,
    ),
    failing(
      "remote variable that is refused",
      () => ({ connection: login(), create: "true", environment: { REFUSED: "x" } }),
      /could not set environment variable "REFUSED": ssh: setenv failed/,
    ),
    failing(
      "remote port that is closed",
      () => ({ connection: { ...login(), port: server().closedPort }, create: "true" }),
      /after 1 failed attempts: dial tcp 127\.198\.18\.1:\d+: connect: connection refused/,
    ),
    failing(
      "remote key that is not allowed",
      () => ({ connection: { ...login(), privateKey: server().strangerKey }, create: "true" }),
      /after 1 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted methods \[none publickey\], no supported methods remain/,
    ),
    failing(
      "remote host key of another",
      () => ({ connection: { ...login(), hostKey: server().otherHostKey }, create: "true" }),
      /after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch/,
    ),
    failing(
      "remote host key that is none",
      () => ({ connection: { ...login(), hostKey: "SHA256:abc" }, create: "true" }),
      /failed to parse host key: ssh: no key found/,
    ),
    failing(
      "remote private key that is none",
      () => ({ connection: { ...login(), privateKey: "nonsense" }, create: "true" }),
      /ssh: no key found/,
    ),
    failing(
      "remote agent that is not there",
      () => ({ connection: { ...login(), agentSocketPath: "/nowhere/agent" }, create: "true" }),
      /dial unix \/nowhere\/agent: connect: no such file or directory/,
    ),
    failing(
      "remote target behind a proxy that is closed",
      () => ({ connection: { ...login(), port: server().closedPort, proxy: login() }, create: "true" }),
      /proxy: after 1 failed attempts: ssh: rejected: connect failed/,
    ),
    failing(
      "remote proxy that is closed",
      () => ({
        connection: { ...login(), proxy: { ...login(), port: server().closedPort } },
        create: "true",
      }),
      /proxy: after 1 failed attempts: dial tcp 127\.198\.18\.1:\d+: connect: connection refused/,
    ),
  ];
}

/** The defaults stand in the state, those of the proxy too. The SDK hands a secret inside a secret out as it is. */
function hasDefaults(value: unknown): void {
  const { value: connection } = value as { value: Record<string, unknown> };
  for (const each of [connection, connection["proxy"] as Record<string, unknown>]) {
    const { user, dialErrorLimit, perDialTimeout } = each;
    assert.deepEqual(
      { user, dialErrorLimit, perDialTimeout },
      { user: "root", dialErrorLimit: 10, perDialTimeout: 15 },
    );
  }
}
