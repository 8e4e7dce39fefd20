import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const root = join(__dirname, "..", "..", "..", "..");
const double = join(__dirname, "kubectl-double");

/** `platform open` as a process of its own, with a stand-in for kubectl. */
describe("platform open", function () {
  this.timeout(120_000);
  let folder = "";
  let log = "";
  let kubeconfig = "";
  let child: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "t-open-"));
    log = join(folder, "log");
    kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, "a cluster");
  });
  afterEach(() => {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  function start(
    words: readonly string[],
    behaviour = "",
    path = `${double}${delimiter}${process.env.PATH ?? ""}`,
  ) {
    const env = {
      ...process.env,
      PATH: path,
      KUBECTL_DOUBLE: behaviour,
      KUBECTL_DOUBLE_LOG: log,
      NO_COLOR: "1",
    };
    const args = [join(root, "cli", "platform.js"), "open", ...words, "--kubeconfig", kubeconfig];
    const started = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    let stderr = "";
    started.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
    return {
      lines: createInterface({ input: started.stdout }),
      end: once(started, "close").then(([code]) => ({ code: code as number | null, stderr })),
    };
  }

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`prints address and login as JSON, and ends with kubectl on ${signal}`, async () => {
      const { lines, end } = start(["grafana", "--json", "--port", "3000"]);
      const [line] = (await once(lines, "line")) as [string];
      const answer = JSON.parse(line) as Record<string, string>;
      assert.equal(answer["product"], "grafana");
      assert.equal(answer["address"], "http://127.0.0.1:40123/");
      assert.match(answer["login"] ?? "", /^User admin/);
      const [pid = "", given = "", ...args] = readFileSync(log, "utf8").trim().split(" ");
      assert.equal(given, kubeconfig);
      assert.equal(
        args.join(" "),
        "--namespace monitoring port-forward --address 127.0.0.1 service/kube-prometheus-stack-grafana 3000:80",
      );
      child?.kill(signal);
      assert.deepEqual(await end, { code: 0, stderr: "" });
      assert.equal(existsSync(`/proc/${pid}`), false, "kubectl has ended");
    });

  it("asks the cluster whether Vault speaks TLS", async () => {
    const { lines, end } = start(["vault"]);
    const [line] = (await once(lines, "line")) as [string];
    assert.equal(line, "vault: https://127.0.0.1:40123/");
    child?.kill("SIGINT");
    assert.equal((await end).code, 0);
  });

  it("says in one sentence why there is no port, and why one is gone", async () => {
    const refused = await start(["grafana"], "refuses").end;
    assert.equal(refused.code, 5);
    assert.match(refused.stderr, /kubectl could not forward a port to service\/.*not found/);
    const dropped = await start(["grafana"], "drops").end;
    assert.equal(dropped.code, 5);
    assert.match(dropped.stderr, /kubectl gave the port to grafana up: error: lost connection to pod/);
  });

  it("names what is wrong with its arguments, and a kubectl that is missing", async () => {
    const product = await start(["grafanna"]).end;
    assert.deepEqual([product.code, product.stderr.includes("did you mean grafana")], [2, true]);
    const port = await start(["grafana", "--port", "http"]).end;
    assert.deepEqual([port.code, port.stderr.includes("--port http is no port")], [2, true]);
    const without = await start(["grafana"], "", folder).end;
    assert.deepEqual([without.code, without.stderr.includes("kubectl is not on PATH")], [3, true]);
  });
});
