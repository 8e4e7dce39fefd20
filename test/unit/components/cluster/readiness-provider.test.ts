import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { readKubeconfig } from "../../../../components/cluster/provider/kubeconfig";
import { readinessProvider, untilReady } from "../../../../components/cluster/provider/readiness-provider";
import { missing } from "../../../support/missing";

const user = (entry: object) => ({ users: [{ name: "u", user: entry }] });
const kubeconfig = (server: string, ca: string, more: object = user({ token: "a-token" })): string =>
  stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [
      { name: "c", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } },
    ],
    ...more,
  });

describe("readKubeconfig", () => {
  it("takes server, CA and login of the current context", () => {
    assert.deepEqual(readKubeconfig(kubeconfig("https://api.example:6443", "ca")), {
      url: "https://api.example:6443",
      ca: "ca",
      token: "a-token",
    });
  });

  it("refuses what depends on one machine, and says how to store it whole", () => {
    assert.throws(
      () =>
        readKubeconfig(kubeconfig("https://api.example:6443", "ca", user({ exec: { command: "login" } }))),
      /uses exec, which depends on one machine; .*--flatten --minify/,
    );
  });

  it("shows nothing of a text that is none", () => {
    for (const text of ["a-secret: [", "a-secret: 1", "a-secret"]) {
      assert.throws(
        () => readKubeconfig(text),
        (error: Error) => !error.message.includes("a-secret") && error.message.includes("store"),
      );
    }
  });
});

describe("untilReady", function () {
  let folder = "";
  let server: Server;
  let ca = "";
  let answers: ((path: string) => [number, object])[] = [];
  const asked: string[] = [];

  before(async function () {
    folder = mkdtempSync(join(tmpdir(), "t-readiness-"));
    const [key, certificate] = [join(folder, "key"), join(folder, "certificate")];
    try {
      const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
      const make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
      execFileSync("openssl", [...make, "-keyout", key, "-out", certificate, ...subject], {
        stdio: "ignore",
      });
    } catch {
      missing(this, "openssl");
    }
    ca = readFileSync(certificate, "utf8");
    server = createServer({ key: readFileSync(key), cert: ca }, (request, response) => {
      asked.push(`${request.headers.authorization ?? "nobody"} ${request.url ?? ""}`);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      const [status, body] = answer?.(request.url ?? "") ?? [500, {}];
      response.writeHead(status).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const wait = (timeoutSeconds = 5, authority = ca): Promise<void> => {
    const { port } = server.address() as AddressInfo;
    const checks = [{ path: "/api/v1/x", is: { field: ["data", "on"], equals: "true" } as const }];
    const inputs = { kubeconfig: kubeconfig(`https://127.0.0.1:${String(port)}`, authority), checks };
    return untilReady({ ...inputs, timeoutSeconds, after: "" }, 20);
  };

  it("asks with the token until the object is there and as it must be", async () => {
    answers = [
      () => [404, {}],
      () => [503, {}],
      () => [200, { data: {} }],
      () => [200, { data: { on: "true" } }],
    ];
    asked.length = 0;
    await wait();
    assert.deepEqual(asked, Array<string>(4).fill("Bearer a-token /api/v1/x"));
  });

  it("ends in its time and says what is not ready", async () => {
    answers = [() => [200, { data: { on: "false" } }]];
    await assert.rejects(
      wait(0.2),
      /was not ready after 0\.2 s: \/api\/v1\/x has data\.on false, not true\. Look at/,
    );
  });

  it("gives up at once where it is refused, and never shows the token", async () => {
    answers = [() => [403, {}]];
    await assert.rejects(
      wait(),
      (error: Error) =>
        error.message.includes("does not allow it (GET /api/v1/x, 403)") &&
        !error.message.includes("a-token"),
    );
  });

  it("trusts no other server", async () => {
    answers = [() => [200, { data: { on: "true" } }]];
    await assert.rejects(wait(0.2, ""), /could not be read \(.*certificate/);
  });
});

describe("the readiness resource", () => {
  const inputs = { kubeconfig: "k", checks: [], timeoutSeconds: 1, after: "a" };
  it("waits again for another release only", async () => {
    const changes = async (more: object) =>
      (await readinessProvider.diff("ready", inputs, { ...inputs, ...more })).changes;
    assert.equal(await changes({ after: "b" }), true);
    assert.equal(await changes({ kubeconfig: "l", timeoutSeconds: 2 }), false);
  });
});
