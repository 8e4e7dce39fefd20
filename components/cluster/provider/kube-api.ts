import { request } from "node:https";
import type { ApiServer } from "./kubeconfig";

const ANSWER_LIMIT_MS = 10_000;

/** An answer that waiting does not mend: no permission, or no such API. */
export class RefusedError extends Error {}

/** What the API server answered, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  /** The object, or the `Status` that says why not; undefined when it was no JSON. */
  readonly body: unknown;
  /** Texts of the `Warning` headers: what admission would refuse if it enforced. */
  readonly warnings: readonly string[];
}

/** The object under a path of the API server; undefined when there is none. Throws when the server cannot be asked. */
export async function getObject(server: ApiServer, path: string): Promise<unknown> {
  const { status, body } = await send(server, "GET", path);
  if (status === 200) return body;
  if (status === 404) return undefined;
  if (status === 401 || status === 403) throw refused(server, "GET", path, status);
  throw new Error(`the API server answered ${String(status)}`);
}

/**
 * One request; a patch is a merge patch (RFC 7386). Throws `RefusedError` without permission, and an error when the server
 * cannot be asked; every other status is an answer.
 */
export async function askApi(
  server: ApiServer,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  body?: object,
): Promise<ApiAnswer> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const answer = await send(server, method, path, body && JSON.stringify(body), type);
  if (answer.status === 401 || answer.status === 403) throw refused(server, method, path, answer.status);
  return answer;
}

function refused({ url }: ApiServer, method: string, path: string, status: number): RefusedError {
  const what = status === 401 ? "knows nobody of that name" : "does not allow it";
  const may = method === "GET" ? "may read it" : "may do it";
  return new RefusedError(
    `The API server ${url} ${what} (${method} ${path}, ${String(status)}); use a kubeconfig that ${may}.`,
  );
}

/** Posts an object as JSON. Any status is an answer; throws when the server cannot be asked. */
export function postObject(server: ApiServer, path: string, body: object): Promise<ApiAnswer> {
  return send(server, "POST", path, JSON.stringify(body));
}

function send(
  server: ApiServer,
  method: string,
  path: string,
  body?: string,
  type = "application/json",
): Promise<ApiAnswer> {
  const { url, token, ...tls } = server;
  const headers = {
    accept: "application/json",
    ...(body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const options = { ...tls, method, headers, timeout: ANSWER_LIMIT_MS };
    const asking = request(new URL(path, url), options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        resolve({
          status: answer.statusCode ?? 0,
          body: readJson(Buffer.concat(chunks).toString("utf8")),
          warnings: warningsOf(answer.headers.warning),
        });
      });
    });
    asking.on("timeout", () => asking.destroy(new Error("the API server did not answer in 10 s")));
    asking.on("error", reject);
    asking.end(body);
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `299 - "text", 299 - "text"` (RFC 7234), quotes escaped. */
function warningsOf(header: string | undefined): readonly string[] {
  return [...(header ?? "").matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
    text.replace(/\\(.)/g, "$1"),
  );
}
