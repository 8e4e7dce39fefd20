import { request } from "node:https";
import type { ApiServer } from "./kubeconfig";

const ANSWER_LIMIT_MS = 10_000;

/** An answer that waiting does not mend: no permission, or no such API. */
export class RefusedError extends Error {}

/** The object under a path of the API server; undefined when there is none. Throws when the server cannot be asked. */
export function getObject(server: ApiServer, path: string): Promise<unknown> {
  const { url, token, ...tls } = server;
  const headers = {
    accept: "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, url), { ...tls, headers, timeout: ANSWER_LIMIT_MS }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const status = answer.statusCode ?? 0;
        if (status === 200) {
          resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
        } else if (status === 404) {
          resolve(undefined);
        } else if (status === 401 || status === 403) {
          const what = status === 401 ? "knows nobody of that name" : "does not allow it";
          reject(
            new RefusedError(
              `The API server ${url} ${what} (GET ${path}, ${String(status)}); use a kubeconfig that may read it.`,
            ),
          );
        } else {
          reject(new Error(`the API server answered ${String(status)}`));
        }
      });
    });
    asking.on("timeout", () => asking.destroy(new Error("the API server did not answer in 10 s")));
    asking.on("error", reject);
    asking.end();
  });
}
