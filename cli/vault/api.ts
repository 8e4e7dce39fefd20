import { request as plain } from "node:http";
import { request as encrypted } from "node:https";
import { Failure } from "../failure";

/** An answer of Vault: the parsed body, or undefined where there is nothing at a path. */
export type VaultAnswer = Readonly<Record<string, unknown>> | undefined;

export interface VaultServer {
  /** For messages: the pod's name or the address. */
  readonly name: string;
  /** `http://…` or `https://…`, without path. */
  readonly address: string;
  /** PEM of the CA, where the server's is not a public one. */
  readonly ca?: string | undefined;
}

const ANSWER_LIMIT_MS = 30_000;

/** Speaks Vault's HTTP API. What is sent is in no message: it may hold keys. */
export class VaultApi {
  constructor(
    readonly server: VaultServer,
    private readonly token?: string,
  ) {}

  withToken(token: string): VaultApi {
    return new VaultApi(this.server, token);
  }

  read(path: string): Promise<VaultAnswer> {
    return this.ask("GET", path);
  }

  /** The names below a path. Vault takes this for its own method LIST, which few clients can send. */
  list(path: string): Promise<VaultAnswer> {
    return this.ask("GET", `${path}?list=true`);
  }

  write(path: string, body: object): Promise<VaultAnswer> {
    return this.ask("POST", path, body);
  }

  delete(path: string): Promise<VaultAnswer> {
    return this.ask("DELETE", path);
  }

  private async ask(method: string, path: string, body?: object): Promise<VaultAnswer> {
    const { status, text } = await this.send(method, path, body);
    if (status === 404) return undefined;
    const parsed = parseBody(text);
    if (status >= 200 && status < 300) return parsed ?? {};
    const errors = Array.isArray(parsed?.["errors"]) ? parsed["errors"].map(String).join("; ") : "";
    const why = errors.replaceAll(/\s+/g, " ").trim() || `status ${String(status)}`;
    if (/Vault is sealed/i.test(why))
      throw new Failure(
        "failed",
        `Vault ${this.server.name} is sealed; run \`platform vault bootstrap\` with its file of keys.`,
      );
    throw new Failure("failed", `Vault ${this.server.name} refused ${method} ${path}: ${why}.`);
  }

  private send(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    const { address, ca, name } = this.server;
    const url = new URL(`/v1/${path}`, address);
    const headers = {
      "x-vault-request": "true",
      ...(this.token === undefined ? {} : { "x-vault-token": this.token }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const request = url.protocol === "https:" ? encrypted : plain;
    return new Promise((resolve, reject) => {
      const options = { method, headers, timeout: ANSWER_LIMIT_MS, ...(ca === undefined ? {} : { ca }) };
      const asking = request(url, options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
        });
      });
      asking.on("timeout", () => asking.destroy(new Error("no answer in 30 s")));
      asking.on("error", (error) => {
        reject(new Failure("unreachable", `Vault ${name} at ${address} cannot be asked: ${error.message}`));
      });
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function parseBody(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    // A page of some proxy; its status says enough, and it might repeat what was sent.
    return undefined;
  }
}
