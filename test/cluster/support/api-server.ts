import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Child, freePorts } from "./child";
import type { Programs } from "./programs";

/** An answer of the server. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** Texts of the `Warning` headers: deprecated versions, pods that a namespace would refuse. */
  readonly warnings: readonly string[];
}

const FIELD_MANAGER = "ebpf-platform";

/**
 * A real kube-apiserver over a real etcd, on loopback, with a token of its own. No controller runs and no webhook is
 * called: objects are judged by schema, defaults, validation and the built-in admission plugins, and nothing becomes of them.
 */
export class ApiServer {
  private constructor(
    private readonly folder: string,
    private readonly children: readonly Child[],
    private readonly port: number,
    private readonly ca: string,
    private readonly token: string,
  ) {}

  static async start({ apiserver, etcd }: Programs): Promise<ApiServer> {
    const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-apiserver-")); // 0700
    const children: Child[] = [];
    try {
      const [client = 0, peer = 0, port = 0] = await freePorts(3);
      const store = `http://127.0.0.1:${String(client)}`;
      const database = new Child("etcd", etcd, etcdFlags(folder, store, peer), join(folder, "etcd.log"));
      children.push(database);
      await database.until(async () => (await status(`${store}/health`)) === 200, 60);

      const token = randomBytes(24).toString("hex");
      const flags = apiserverFlags(folder, store, port, token);
      const server = new Child("kube-apiserver", apiserver, flags, join(folder, "apiserver.log"));
      children.push(server);
      const certificate = join(folder, "certs", "apiserver.crt");
      await server.until(() => Promise.resolve(existsSync(certificate)), 60);
      const made = new ApiServer(folder, children, port, readFileSync(certificate, "utf8"), token);
      await server.until(() => made.isReady(), 180);
      return made;
    } catch (error) {
      for (const child of children) await child.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Ends both processes and removes everything they wrote. */
  async stop(): Promise<void> {
    for (const child of [...this.children].reverse()) await child.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A kubeconfig with certificate and token inside. A secret. */
  get kubeconfig(): string {
    const server = `https://127.0.0.1:${String(this.port)}`;
    const authority = Buffer.from(this.ca).toString("base64");
    return stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      clusters: [{ name: "test", cluster: { server, "certificate-authority-data": authority } }],
      users: [{ name: "test", user: { token: this.token } }],
    });
  }

  get(path: string): Promise<Answer> {
    return this.send("GET", path);
  }

  delete(path: string): Promise<Answer> {
    return this.send("DELETE", path);
  }

  /** Server-side apply; a field that the schema does not have, or that stands twice, is an error. */
  apply(path: string, object: unknown, { dryRun = false } = {}): Promise<Answer> {
    const dry = dryRun ? "&dryRun=All" : "";
    const query = `fieldManager=${FIELD_MANAGER}&fieldValidation=Strict&force=true${dry}`;
    return this.send("PATCH", `${path}?${query}`, JSON.stringify(object), "application/apply-patch+yaml");
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await this.get("/readyz")).status === 200;
    } catch {
      return false; // Nobody listens yet.
    }
  }

  private send(method: string, path: string, body?: string, type?: string): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      accept: "application/json",
      ...(type === undefined ? {} : { "content-type": type }),
    };
    return new Promise((resolve, reject) => {
      const call = request(
        { host: "127.0.0.1", port: this.port, method, path, headers, ca: this.ca, timeout: 60_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.once("error", reject);
          response.once("end", () => {
            resolve({
              status: response.statusCode ?? 0,
              body: bodyOf(Buffer.concat(chunks).toString("utf8")),
              warnings: warningsOf(response.headers.warning),
            });
          });
        },
      );
      call.once("timeout", () => call.destroy(new Error(`${method} ${path}: no answer in 60 s`)));
      call.once("error", reject);
      call.end(body);
    });
  }
}

function etcdFlags(folder: string, store: string, peer: number): string[] {
  const own = `http://127.0.0.1:${String(peer)}`;
  return [
    ...["--data-dir", join(folder, "etcd")],
    ...["--listen-client-urls", store, "--advertise-client-urls", store],
    ...[
      "--listen-peer-urls",
      own,
      "--initial-advertise-peer-urls",
      own,
      "--initial-cluster",
      `default=${own}`,
    ],
  ];
}

function apiserverFlags(folder: string, store: string, port: number, token: string): string[] {
  const secret = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = secret("service-account.key", privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  mkdirSync(join(folder, "certs"), { mode: 0o700 });
  return [
    ...["--etcd-servers", store],
    ...["--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", String(port)],
    ...["--cert-dir", join(folder, "certs")],
    ...["--token-auth-file", secret("tokens.csv", `${token},test,test,system:masters\n`)],
    ...["--authorization-mode", "RBAC", "--anonymous-auth=false"],
    ...["--service-account-issuer", "https://kubernetes.default.svc"],
    ...["--service-account-key-file", key, "--service-account-signing-key-file", key],
    // The ranges of k3s.
    ...["--service-cluster-ip-range", "10.43.0.0/16", "--allow-privileged=true"],
    ...["--endpoint-reconciler-type", "none", "--profiling=false"],
  ];
}

async function status(url: string): Promise<number> {
  try {
    return (await fetch(url)).status;
  } catch {
    return 0; // Nobody listens yet.
  }
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { message: text };
  }
}

/** `299 - "text"`, one for each warning, in one line joined by commas (RFC 7234, section 5.5). */
function warningsOf(header: string | string[] | undefined): string[] {
  const joined = typeof header === "string" ? header : (header ?? []).join(", ");
  return [...joined.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replaceAll("\\", ""));
}
