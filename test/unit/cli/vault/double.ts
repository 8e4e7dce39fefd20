import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

type Body = Record<string, unknown>;
interface Answer {
  readonly status: number;
  readonly body?: object;
}
const refuse = (status: number, ...errors: string[]): Answer => ({ status, body: { errors } });
const none = refuse(404);

/**
 * What Vault's HTTP API documents of the paths that the bootstrap uses: init, seal status, unseal, generate-root, mounts,
 * auth, audit, policies, tokens, and settings that are read back. It judges no setting: only a real Vault does.
 */
export class VaultDouble {
  private readonly keys = Array.from({ length: 5 }, () => randomBytes(33).toString("base64"));
  private threshold = 0;
  private sealed = true;
  private given = new Set<string>();
  private attempt: { nonce: string; otp: string; given: Set<string> } | undefined;
  /** Tokens by accessor. */
  private readonly tokens = new Map<string, string>();
  private readonly mounts: Record<string, Record<string, Body>> = { mounts: {}, auth: {}, audit: {} };
  private readonly objects = new Map<string, Body>();
  private server: Server | undefined;

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      void this.answer(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(body === undefined ? "" : JSON.stringify(body));
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "", "http://vault");
    const path = url.pathname.replace(/^\/v1\//, "");
    const method = url.searchParams.get("list") === "true" ? "LIST" : (request.method ?? "");
    const body = (text === "" ? {} : JSON.parse(text)) as Body;
    const open = this.open(method, path, body);
    if (open) return open;
    if (this.sealed) return refuse(503, "Vault is sealed");
    const making = this.generateRoot(method, path, body);
    if (making) return making;
    const token = String(request.headers["x-vault-token"]);
    const accessor = [...this.tokens].find(([, each]) => each === token)?.[0];
    if (accessor === undefined) return refuse(403, "permission denied");
    if (path === "auth/token/revoke-self") {
      this.tokens.delete(accessor);
      return { status: 204 };
    }
    return this.logical(method, path, body);
  }

  /** Paths that ask for no token. */
  private open(method: string, path: string, body: Body): Answer | undefined {
    const status = () => ({
      status: 200,
      body: { type: "shamir", initialized: this.threshold > 0, sealed: this.sealed, t: this.threshold },
    });
    if (path === "sys/seal-status") return status();
    if (path === "sys/init" && method === "POST") {
      if (this.threshold > 0) return refuse(400, "Vault is already initialized");
      this.threshold = Number(body["secret_threshold"]);
      return { status: 200, body: { keys_base64: this.keys, root_token: this.newToken() } };
    }
    if (path === "sys/unseal") {
      if (body["reset"] === true) this.given.clear();
      else this.given.add(String(body["key"]));
      if (this.given.size >= this.threshold && !body["reset"]) {
        const right = [...this.given].every((key) => this.keys.includes(key));
        this.given.clear();
        if (!right) return refuse(400, "Unseal failed, invalid key");
        this.sealed = false;
      }
      return status();
    }
    return undefined;
  }

  private generateRoot(method: string, path: string, body: Body): Answer | undefined {
    if (path === "sys/generate-root/attempt") {
      if (method === "DELETE") this.attempt = undefined;
      if (method === "POST")
        this.attempt = { nonce: randomUUID(), otp: randomBytes(14).toString("hex"), given: new Set() };
      const { nonce = "", otp = "" } = this.attempt ?? {};
      return { status: 200, body: { started: this.attempt !== undefined, nonce, otp } };
    }
    if (path !== "sys/generate-root/update") return undefined;
    if (!this.attempt || body["nonce"] !== this.attempt.nonce)
      return refuse(400, "no root generation in progress");
    this.attempt.given.add(String(body["key"]));
    if (this.attempt.given.size < this.threshold)
      return { status: 200, body: { complete: false, encoded_token: "" } };
    const { given, otp } = this.attempt;
    this.attempt = undefined;
    if (![...given].every((key) => this.keys.includes(key)))
      return refuse(400, "root generation aborted: invalid key");
    const token = Buffer.from(this.newToken());
    const encoded = token.map((byte, index) => byte ^ (Buffer.from(otp)[index] ?? 0));
    const encoded_token = Buffer.from(encoded).toString("base64").replaceAll("=", "");
    return { status: 200, body: { complete: true, encoded_token } };
  }

  private newToken(): string {
    const token = `hvs.${randomBytes(12).toString("hex")}`;
    this.tokens.set(randomUUID(), token);
    return token;
  }

  private logical(method: string, path: string, body: Body): Answer {
    const [, folder = "", at] = /^sys\/(mounts|auth|audit)(?:\/(.+))?$/.exec(path) ?? [];
    const table = this.mounts[folder];
    if (table) return this.mount(table, method, at, body);
    if (path === "sys/seal") {
      this.sealed = true;
      return { status: 204 };
    }
    if (path === "auth/token/accessors")
      return { status: 200, body: { data: { keys: [...this.tokens.keys()] } } };
    if (!this.isMounted(path)) return refuse(404, `no handler for route "${path}"`);
    if (method === "LIST") {
      const made = this.objects.has("pki/root/generate/internal");
      return path === "pki/issuers" && made ? { status: 200, body: { data: { keys: ["id"] } } } : none;
    }
    if (method === "GET") {
      const data = this.objects.get(path);
      return data ? { status: 200, body: { data } } : none;
    }
    if (method === "DELETE") this.objects.delete(path);
    else this.objects.set(path, written(path, body));
    return { status: 204 };
  }

  private mount(table: Record<string, Body>, method: string, at: string | undefined, body: Body): Answer {
    if (method === "GET") return { status: 200, body: { data: table } };
    if (method === "DELETE") Reflect.deleteProperty(table, `${at ?? ""}/`);
    else table[`${at ?? ""}/`] = { type: body["type"], options: body["options"] ?? null };
    return { status: 204 };
  }

  private isMounted(path: string): boolean {
    if (path.startsWith("sys/policies/acl/")) return true;
    const prefixes = [
      ...Object.keys(this.mounts["mounts"] ?? {}),
      ...Object.keys(this.mounts["auth"] ?? {}).map((each) => `auth/${each}`),
    ];
    return prefixes.some((prefix) => path.startsWith(prefix));
  }
}

/** A database's connection is given back in a table of its own, and without the password. */
function written(path: string, body: Body): Body {
  if (!path.startsWith("database/config/")) return body;
  const { connection_url, username, password: _, ...rest } = body;
  return { ...rest, connection_details: { connection_url, username } };
}
