import { parse, stringify } from "yaml";
import * as z from "zod";

const entry = z.looseObject({ name: z.string() });
const admin = z.looseObject({
  clusters: z.tuple([
    entry.extend({
      cluster: z.looseObject({ server: z.string(), "certificate-authority-data": z.string().min(1) }),
    }),
  ]),
  users: z.tuple([entry.extend({ user: z.looseObject({}) })]),
});

/**
 * The kubeconfig of a server, made for use elsewhere: another address, and `name` for cluster, user and context instead
 * of `default`, so that it stands beside others. The CA stays; without one it is refused. Secret.
 * @param server `https://host:port`
 */
export function namedKubeconfig(text: string, { server, name }: { server: string; name: string }): string {
  let content: unknown;
  try {
    content = parse(text);
  } catch {
    content = undefined; // the parser's words would show a line of the secret
  }
  const found = admin.safeParse(content);
  if (!found.success)
    throw new Error(
      "The server's kubeconfig has no one cluster with its CA and no one user; look at /etc/rancher/k3s/k3s.yaml there.",
    );
  const [{ cluster }] = found.data.clusters;
  const [{ user }] = found.data.users;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { ...cluster, server } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user }],
  });
}

/** A kubeconfig file as far as merging looks into it. */
const file = z.looseObject({
  clusters: z.array(entry).nullish(),
  contexts: z.array(entry).nullish(),
  users: z.array(entry).nullish(),
});

/**
 * A user's kubeconfig with another one's entries in it: those of the same name are replaced, everything else stays, and
 * the current context becomes the other's. Throws one sentence for a file that is no kubeconfig.
 */
export function mergeKubeconfig(existing: string, added: string): string {
  const old = file.safeParse(existing.trim() === "" ? {} : parse(existing));
  if (!old.success) throw new Error("The file to merge into is no kubeconfig; name another with --output.");
  const fresh = file.parse(parse(added));
  const joined = (key: "clusters" | "contexts" | "users"): unknown[] => {
    const mine = fresh[key] ?? [];
    const names = mine.map(({ name }) => name);
    return [...(old.data[key] ?? []).filter(({ name }) => !names.includes(name)), ...mine];
  };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    ...old.data,
    "current-context": fresh["current-context"],
    clusters: joined("clusters"),
    contexts: joined("contexts"),
    users: joined("users"),
  });
}
