import { findProduct, type Product } from "../open/products";
import { kubectl } from "../open/kubectl";
import { withCluster } from "../open/kubeconfig";
import { PortForward } from "../open/port-forward";
import { Failure } from "../failure";
import { openTerminal } from "../terminal";

export interface OpenOptions {
  readonly kubeconfig?: string;
  readonly port: string;
  readonly json?: boolean;
}

/** `platform open <product> [stack]`: forwards a port until Ctrl-C; changes nothing. */
export async function open(name: string, stack: string | undefined, options: OpenOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const product = findProduct(name);
  const local = localPort(options.port);
  const { kubeconfig } = options;
  await withCluster({ stack, kubeconfig }, terminal.note, async (env) => {
    // Before kubectl starts: a signal that nobody waits for would leave it behind.
    const interrupted = untilSignal();
    const forward = await PortForward.start(product, local, env);
    try {
      const address = `${await schemeOf(product, env)}://127.0.0.1:${String(forward.port)}/`;
      terminal.out(
        options.json
          ? JSON.stringify({ product: name, address, login: product.login })
          : `${name}: ${terminal.paint.bold(address)}\n${product.login}\nCtrl-C ends it.`,
      );
      const said = await Promise.race([forward.ended, interrupted]);
      if (said !== undefined)
        throw new Failure("unreachable", `kubectl gave the port to ${name} up: ${said || "it said nothing"}`);
    } finally {
      await forward.stop();
    }
  });
}

function localPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Failure("usage", `--port ${text} is no port; give a number from 1 to 65535, or 0 for any.`);
}

/** The chart names Vault's port after what it speaks. */
async function schemeOf({ scheme, namespace, target }: Product, env: NodeJS.ProcessEnv): Promise<string> {
  if (scheme !== "by-name-of-port") return scheme;
  const names = await kubectl(
    ["--namespace", namespace, "get", target, "--output", "jsonpath={.spec.ports[*].name}"],
    env,
  );
  return names.split(" ").includes("https") ? "https" : "http";
}

/** Settles with the first signal that asks this process to end: the normal end, hence no error. */
function untilSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(name, () => {
        resolve(undefined);
      });
  });
}
