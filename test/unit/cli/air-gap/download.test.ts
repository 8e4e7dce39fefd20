import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AirGapFile } from "@ebpf-platform/lib/release";
import { download, Publishers } from "../../../../cli/air-gap/download";
import { Failure } from "../../../../cli/failure";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const bytes = Buffer.alloc(300_000, "k3s");
const digest = sha256(bytes);

describe("an air-gap file from its publisher", () => {
  let server: Server;
  let base: string;
  let folder: string;
  const asked: string[] = [];

  before(async () => {
    server = createServer((request, response) => {
      const url = request.url ?? "";
      asked.push(url);
      if (url === "/k3s") response.end(bytes);
      else if (url === "/cut") {
        response.writeHead(200, { "content-length": String(bytes.length) });
        response.write(bytes.subarray(0, 1000), () => response.destroy());
      } else if (url === "/sums") response.end(`${digest}  k3s\n`);
      else if (url === "/index.yaml")
        response.end(`entries:\n  cilium:\n  - {version: 1.20.0, urls: [k3s], digest: ${digest}}\n`);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    folder = mkdtempSync(join(tmpdir(), "air-gap-"));
  });

  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const file = (changes: Partial<AirGapFile> = {}): AirGapFile => ({
    path: "k3s/k3s",
    what: "k3s",
    source: { kind: "file", url: `${base}/k3s`, list: `${base}/sums`, name: "k3s" },
    ...changes,
  });
  const chart = (version: string): AirGapFile =>
    file({
      what: `chart cilium ${version}`,
      source: { kind: "chart", repository: base, chart: "cilium", version },
    });
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((reason: unknown) => reason);
    assert.ok(error instanceof Failure, String(error));
    return error.message;
  };

  it("is held against the lock, and only without it against the publisher's list", async () => {
    const publishers = new Publishers();
    assert.deepEqual(await publishers.locate(file({ sha256: "ff" })), {
      url: `${base}/k3s`,
      sha256: "ff",
      verified: "lock",
    });
    assert.deepEqual(asked, []);
    assert.deepEqual(await publishers.locate(file()), {
      url: `${base}/k3s`,
      sha256: digest,
      verified: "publisher",
    });
  });

  it("is found in a Helm repository's index, which is asked for once", async () => {
    asked.length = 0;
    const publishers = new Publishers();
    await publishers.locate(chart("1.20.0"));
    assert.deepEqual(await publishers.locate(chart("v1.20.0")), {
      url: `${base}/k3s`,
      sha256: digest,
      verified: "publisher",
    });
    assert.deepEqual(asked, ["/index.yaml"]);
    assert.match(await refusal(publishers.locate(chart("9.9.9"))), /index\.yaml has no chart cilium 9\.9\.9/);
  });

  it("comes whole and verified or not at all", async () => {
    const path = join(folder, "whole", "k3s");
    await download({ url: `${base}/k3s`, sha256: digest, verified: "lock" }, path);
    assert.equal(sha256(readFileSync(path)), digest);
    for (const [url, wanted, said] of [
      ["/k3s", "0".repeat(64), /it has SHA-256 [0-9a-f]{64} and must have 0{64}/],
      ["/cut", digest, /could not be fetched/],
      ["/none", digest, /it answered 404/],
    ] as const) {
      const other = join(folder, "bad", "k3s");
      assert.match(
        await refusal(download({ url: base + url, sha256: wanted, verified: "lock" }, other)),
        said,
      );
      assert.equal(existsSync(other), false);
      assert.deepEqual(readdirSync(join(folder, "bad")), []);
    }
  });
});
