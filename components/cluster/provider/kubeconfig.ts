import { parse } from "yaml";
import { z } from "zod";

/** What is needed to speak to the API server of a kubeconfig's current context. */
export interface ApiServer {
  readonly url: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

const base64 = z.string().transform((text) => Buffer.from(text, "base64").toString("utf8"));
const kubeconfig = z.object({
  "current-context": z.string(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.looseObject({ server: z.url(), "certificate-authority-data": base64.optional() }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.looseObject({
        "client-certificate-data": base64.optional(),
        "client-key-data": base64.optional(),
        token: z.string().optional(),
      }),
    }),
  ),
});

/** Throws one sentence, which never holds a part of the text, when the kubeconfig cannot be used as it stands. */
export function readKubeconfig(text: string): ApiServer {
  const parsed = kubeconfig.safeParse(parseYaml(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `The kubeconfig has no usable ${issue?.path.join(".") ?? "content"}; store a complete one.`,
    );
  }
  const { contexts, clusters, users, "current-context": current } = parsed.data;
  const context = contexts.find(({ name }) => name === current)?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = users.find(({ name }) => name === context?.user)?.user;
  if (!cluster || !user) {
    throw new Error(
      `The kubeconfig's current context ${current} names no cluster and user of it; correct it.`,
    );
  }
  const unusable = ["exec", "auth-provider", "client-certificate", "client-key", "tokenFile"].find(
    (key) => user[key] !== undefined,
  );
  if (unusable !== undefined || cluster["certificate-authority"] !== undefined) {
    throw new Error(
      `The kubeconfig uses ${unusable ?? "certificate-authority"}, which depends on one machine; store one with the data inside (kubectl config view --raw --flatten --minify).`,
    );
  }
  const { "certificate-authority-data": ca } = cluster;
  const { "client-certificate-data": cert, "client-key-data": key, token } = user;
  return {
    url: cluster.server,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
  };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    // The parser's message would show a line of the secret.
    throw new Error("The kubeconfig is no YAML; store it again.");
  }
}
