import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { writeKubeconfig } from "../../../../cli/kubeconfig/write";
import { namedKubeconfig } from "../../../../lib/src/k3s";

const admin = (server: string, name: string): string =>
  namedKubeconfig(
    stringify({
      clusters: [
        {
          name: "default",
          cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": "Y2E=" },
        },
      ],
      users: [{ name: "default", user: { "client-key-data": "a2V5" } }],
    }),
    { server, name },
  );

describe("platform kubeconfig", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "t-kubeconfig-"));
    file = join(folder, "kube", "config");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const merge = { merge: true, dryRun: false };
  const alone = { merge: false, dryRun: false };

  it("writes a file of mode 0600 with a context of the stack's name and a verified CA", () => {
    const text = admin("https://10.18.20.10:6443", "ebpf-platform-dev");
    assert.deepEqual(writeKubeconfig(text, file, alone), { context: "ebpf-platform-dev", changed: true });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const found = parse(readFileSync(file, "utf8")) as { clusters: { cluster: Record<string, unknown> }[] };
    assert.deepEqual(found.clusters[0]?.cluster, {
      server: "https://10.18.20.10:6443",
      "certificate-authority-data": "Y2E=",
    });
    assert.equal(writeKubeconfig(text, file, alone).changed, false);
    assert.deepEqual(readdirSync(join(folder, "kube")), ["config"]);
  });

  it("merges beside what is there, and again in place", () => {
    writeKubeconfig(admin("https://192.0.2.1:6443", "home"), file, alone);
    writeKubeconfig(admin("https://10.18.20.10:6443", "ebpf-platform-dev"), file, merge);
    writeKubeconfig(admin("https://10.18.20.99:6443", "ebpf-platform-dev"), file, merge);
    const found = parse(readFileSync(file, "utf8")) as {
      "current-context": string;
      clusters: { name: string; cluster: { server: string } }[];
      users: object[];
    };
    assert.deepEqual(
      found.clusters.map(({ name, cluster }) => [name, cluster.server]),
      [
        ["home", "https://192.0.2.1:6443"],
        ["ebpf-platform-dev", "https://10.18.20.99:6443"],
      ],
    );
    assert.equal(found.users.length, 2);
    assert.equal(found["current-context"], "ebpf-platform-dev");
  });

  it("writes over no other file, and into none that is no kubeconfig", () => {
    writeKubeconfig(admin("https://192.0.2.1:6443", "home"), file, alone);
    const before = readFileSync(file, "utf8");
    assert.throws(
      () => writeKubeconfig(admin("https://10.18.20.10:6443", "dev"), file, alone),
      /holds another kubeconfig; add --merge/,
    );
    assert.equal(readFileSync(file, "utf8"), before);
    for (const text of ["clusters: 1\n", "a: [hidden-word\n"]) {
      writeFileSync(file, text);
      assert.throws(
        () => writeKubeconfig(admin("https://10.18.20.10:6443", "dev"), file, merge),
        (error: Error) =>
          error.message.includes("cannot be merged into") && !error.message.includes("hidden"),
      );
      assert.equal(readFileSync(file, "utf8"), text);
    }
  });

  it("writes nothing in a dry run", () => {
    const text = admin("https://10.18.20.10:6443", "dev");
    assert.equal(writeKubeconfig(text, file, { merge: true, dryRun: true }).changed, true);
    assert.ok(!existsSync(file));
  });

  it("takes no kubeconfig without a CA", () => {
    assert.throws(
      () =>
        namedKubeconfig("clusters: [{name: a, cluster: {server: b}}]\nusers: [{name: a, user: {}}]\n", {
          server: "c",
          name: "d",
        }),
      /has no one cluster with its CA/,
    );
  });
});
