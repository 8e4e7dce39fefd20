import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { VaultApi } from "../../../../cli/vault/api";
import { bootstrap, type BootstrapReport } from "../../../../cli/vault/bootstrap";
import { readKeys } from "../../../../cli/vault/keys-file";
import { makeRootToken } from "../../../../cli/vault/root-token";
import { desiredVault, type VaultDatabase } from "../../../../lib/src/vault";
import { buildGoTool, builtGoTool } from "../../../support/go-tool";
import { missing } from "../../../support/missing";
import { soak } from "../../../support/seed";
import { VaultDouble } from "./double";

interface Running {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

const servers: Readonly<Record<string, (context: Mocha.Context) => Promise<Running>>> = {
  "a double of its API": async () => {
    const double = new VaultDouble();
    return { address: await double.start(), stop: () => double.stop() };
  },
  "a real Vault": async (context) => {
    // Some ten CPU minutes to build: only in a soak run, or where one is in the cache already.
    const built = soak ? buildGoTool("vault-server") : builtGoTool("vault-server");
    if ("missing" in built) missing(context, built.missing);
    const folder = mkdtempSync(join(tmpdir(), "t-vault-server-"));
    const child: ChildProcess = spawn(built.tool, [folder], { stdio: ["pipe", "pipe", "ignore"] });
    assert.ok(child.stdout);
    const [address] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return {
      address,
      stop: async () => {
        const closed = once(child, "close");
        child.stdin?.end();
        await closed;
        rmSync(folder, { recursive: true });
      },
    };
  },
};

for (const [what, start] of Object.entries(servers)) {
  describe(`the bootstrap of Vault on ${what}`, function () {
    this.timeout(soak ? 1_800_000 : 60_000);
    let running: Running | undefined;
    let folder = "";
    let vault: VaultApi;
    let keysPath = "";
    let databases: VaultDatabase[] = [];
    const notes: string[] = [];

    before(async function () {
      running = await start(this);
      folder = mkdtempSync(join(tmpdir(), "t-vault-"));
      keysPath = join(folder, "keys.json");
      const passwordFile = join(folder, "password");
      writeFileSync(passwordFile, "of the database\n");
      const roles = [{ name: "read", grants: ["SELECT" as const], ttlSeconds: 3600 }];
      databases = [
        {
          ...{ name: "shop", host: "db.example", port: 5432, database: "shop", user: "vault", passwordFile },
          ...{ sslmode: "verify-full", verify: false, roles },
        },
      ];
      vault = new VaultApi({ name: "vault-0", address: running.address });
    });
    after(async () => {
      await running?.stop();
      if (folder !== "") rmSync(folder, { recursive: true });
    });

    const run = (keys = keysPath): Promise<BootstrapReport> =>
      bootstrap({ servers: [vault], keysPath: keys, databases, note: (text) => notes.push(text) });
    /** A root token of this test, revoked after the step. */
    const asRoot = async <T>(step: (root: VaultApi) => Promise<T>): Promise<T> => {
      const keys = readKeys(keysPath);
      assert.ok(keys);
      const root = vault.withToken(await makeRootToken(vault, keys));
      try {
        return await step(root);
      } finally {
        await root.write("auth/token/revoke-self", {});
      }
    };
    const tokens = () =>
      asRoot(async (root) => {
        const { data } = (await root.list("auth/token/accessors")) as { data: { keys: string[] } };
        return data.keys.length;
      });

    it("initialises, unseals, writes everything and leaves no root token", async () => {
      const report = await run();
      assert.deepEqual(report.unsealed, ["vault-0"]);
      assert.equal(report.initialised, true);
      const { mounts, objects } = desiredVault(databases);
      assert.equal(report.written.length, mounts.length + objects.length);
      assert.match(report.written[0] ?? "", /^sys\/audit/);
      assert.equal(await tokens(), 1, "only the one that asks");
    });

    it("keeps the keys in a file of mode 0600 and nowhere else", async () => {
      assert.equal(statSync(keysPath).mode & 0o777, 0o600);
      const said = JSON.stringify([notes, await run()]);
      for (const key of readKeys(keysPath)?.keys ?? []) assert.ok(!said.includes(key));
      assert.doesNotMatch(said, /hvs\.|of the database/);
      assert.doesNotMatch(readFileSync(keysPath, "utf8"), /hvs\./);
    });

    it("writes nothing in a second run", async () => {
      const second = await run();
      assert.deepEqual(second, { initialised: false, unsealed: [], written: [], rootTokenRevoked: true });
    });

    it("writes again what has been changed or removed, and nothing else", async () => {
      await asRoot(async (root) => {
        await root.write("sys/policies/acl/external-secrets", {
          policy: 'path "*" { capabilities = ["sudo"] }',
        });
        await root.delete("auth/kubernetes/role/injector-test");
      });
      assert.deepEqual((await run()).written, [
        "sys/policies/acl/external-secrets",
        "auth/kubernetes/role/injector-test",
      ]);
    });

    it("says clearly that a server is sealed, and unseals it with its keys", async () => {
      const keys = readKeys(keysPath);
      assert.ok(keys);
      const root = vault.withToken(await makeRootToken(vault, keys));
      await root.write("sys/seal", {});
      await assert.rejects(
        run(join(folder, "none.json")),
        /vault-0 is sealed and there is no file .*none\.json/,
      );
      await assert.rejects(
        vault.read("sys/mounts"),
        /Vault vault-0 is sealed; run `platform vault bootstrap`/,
      );
      const report = await run();
      assert.deepEqual([report.unsealed, report.written], [["vault-0"], []]);
      await root.write("auth/token/revoke-self", {});
    });

    it("refuses keys that others may read, keys of another Vault, and a file that is none", async () => {
      const at = (name: string, text: string, mode: number) => {
        writeFileSync(join(folder, name), text, { mode });
        return join(folder, name);
      };
      const real = readKeys(keysPath);
      assert.ok(real);
      await assert.rejects(run(at("open.json", JSON.stringify(real), 0o644)), /Others may read .*chmod 600/);
      await assert.rejects(
        run(at("text.json", "{ no", 0o600)),
        /is no file of keys that this program has written/,
      );
      const foreign = real.keys.map((key) => Buffer.from(key, "base64").reverse().toString("base64"));
      await assert.rejects(
        run(at("foreign.json", JSON.stringify({ ...real, keys: foreign }), 0o600)),
        (error: Error) => !foreign.some((key) => error.message.includes(key)),
      );
      assert.deepEqual((await run()).written, [], "no attempt is left half done");
    });

    it("refuses to change another engine at a path, and still leaves no root token", async () => {
      await asRoot(async (root) => {
        await root.delete("sys/mounts/database");
        await root.write("sys/mounts/database", { type: "kv", options: { version: "1" } });
      });
      await assert.rejects(
        run(),
        /has kv at sys\/mounts\/database where database belongs; move it away first/,
      );
      assert.equal(await tokens(), 1);
    });
  });
}

describe("the bootstrap of Vault on an empty server", () => {
  it("does not take the keys of another Vault for its own", async () => {
    const double = new VaultDouble();
    const folder = mkdtempSync(join(tmpdir(), "t-vault-"));
    try {
      const address = await double.start();
      const keysPath = join(folder, "keys.json");
      writeFileSync(keysPath, JSON.stringify({ threshold: 1, keys: ["a"] }), { mode: 0o600 });
      const server = new VaultApi({ name: "vault-0", address });
      const run = bootstrap({ servers: [server], keysPath, databases: [], note: () => undefined });
      await assert.rejects(run, /vault-0 is empty, and .*keys\.json has the keys of another/);
      const nowhere = {
        servers: [server],
        keysPath: join(folder, "no", "keys"),
        databases: [],
        note: () => undefined,
      };
      await assert.rejects(bootstrap(nowhere), /The file for Vault's keys cannot be made/);
      assert.equal(((await server.read("sys/seal-status")) as { initialized: boolean }).initialized, false);
    } finally {
      await double.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
