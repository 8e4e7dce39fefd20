import { readFileSync } from "node:fs";
import { readDatabases, type VaultOptions } from "../commands/vault";
import { withCluster } from "../open/kubeconfig";
import { kubectl } from "../open/kubectl";
import { PortForward } from "../open/port-forward";
import { openTerminal } from "../terminal";
import { VaultApi } from "./api";
import { bootstrap, type BootstrapReport } from "./bootstrap";
import { Failure } from "../failure";

const NAMESPACE = "vault";
const PORT = 8200;

/** `platform vault bootstrap [stack]`. */
export async function runBootstrap(stack: string | undefined, options: VaultOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const databases = readDatabases(options.databases);
  const run = (servers: readonly VaultApi[]) =>
    bootstrap({ servers, keysPath: options.keys, databases, note: terminal.note });
  const { address, ca, kubeconfig } = options;
  const report =
    address === undefined
      ? await withCluster({ stack, kubeconfig }, terminal.note, (env) => withPods(env, run))
      : await run([
          new VaultApi({
            name: address,
            address,
            ca: ca === undefined ? undefined : readFileSync(ca, "utf8"),
          }),
        ]);
  terminal.out(options.json ? JSON.stringify(report, null, 2) : sentence(report));
}

function sentence({ initialised, unsealed, written }: BootstrapReport): string {
  const parts = [
    ...(initialised ? ["initialised"] : []),
    ...(unsealed.length > 0 ? [`unsealed ${unsealed.join(", ")}`] : []),
    ...(written.length > 0 ? [`wrote ${written.join(", ")}`] : []),
  ];
  return `Vault: ${parts.length > 0 ? parts.join("; ") : "nothing to do"}; the root token is revoked.`;
}

/** Forwards a port to each pod of Vault, in order of their numbers, for as long as the step runs. */
async function withPods<T>(
  env: NodeJS.ProcessEnv,
  step: (servers: readonly VaultApi[]) => Promise<T>,
): Promise<T> {
  const ask = (...args: string[]) => kubectl(["--namespace", NAMESPACE, ...args], env);
  const selector = "app.kubernetes.io/name=vault,component=server";
  const listed = await ask(
    "get",
    "pods",
    "--selector",
    selector,
    "--output",
    "jsonpath={.items[*].metadata.name}",
  );
  const pods = listed
    .split(" ")
    .filter((pod) => pod !== "")
    .sort();
  if (pods.length === 0)
    throw new Failure(
      "failed",
      "The cluster has no pod of Vault; set platform.vault and update the stack first.",
    );
  const encoded = await ask(
    ...["get", "secret", "vault-tls", "--ignore-not-found", "--output", "jsonpath={.data.ca\\.crt}"],
  );
  const ca = encoded.trim() === "" ? undefined : Buffer.from(encoded, "base64").toString("utf8");
  const forwards: PortForward[] = [];
  try {
    const servers: VaultApi[] = [];
    for (const pod of pods) {
      const forward = await PortForward.start(
        { namespace: NAMESPACE, target: `pod/${pod}`, port: PORT },
        0,
        env,
      );
      forwards.push(forward);
      const address = `${ca === undefined ? "http" : "https"}://127.0.0.1:${String(forward.port)}`;
      servers.push(new VaultApi({ name: pod, address, ca }));
    }
    return await step(servers);
  } finally {
    await Promise.all(forwards.map((forward) => forward.stop()));
  }
}
