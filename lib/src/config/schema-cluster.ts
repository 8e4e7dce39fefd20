import * as z from "zod";
import { CUSTOM_AUTHORITIES, OWN_KEYS } from "../k3s/own-keys";
import { AGENT_KEYS, LIST_KEYS, SERVER_KEYS } from "../k3s/accepted-keys";
import { parseK3sVersion } from "../k3s/version";
import { secretName } from "./connection-schema";
import { chooseKey, closed, flag, oneOf, table, text, whole } from "./fields";
import { nearest } from "../nearest";
import { CLUSTER_KINDS, K3S_ARCHITECTURES } from "./types-cluster";

/** The shape of the key `cluster`. */

const registry = (name: string): boolean => /^[A-Za-z0-9.*-]+(:[0-9]+)?$/.test(name);
const url = (what: string) =>
  text(`write ${what} as http:// or https:// with a host and without a password`, (value) =>
    /^https?:\/\/[^\s/@]+(\/\S*)?$/.test(value),
  );
const direct = text("write a name, an address or a network", (value) => /^[\w.:/*-]+$/.test(value));
const names = <Element extends z.core.SomeType>(element: Element, what: string) =>
  z.array(element, { error: `write a list of ${what}` });

/** Settings of k3s that are handed on: keys it knows, none of those that this program answers for. */
function settings(known: readonly string[]) {
  const value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())], {
    error: "write a text, a number, true, false or a list of texts",
  });
  return z
    .record(z.string(), value, { error: "write a table of names and values" })
    .superRefine((given, context) => {
      for (const [key, found] of Object.entries(given)) {
        const fault = settingFault(key, Array.isArray(found), known);
        if (fault !== undefined) context.addIssue({ code: "custom", path: [key], message: fault });
      }
    })
    .default({});
}

function settingFault(key: string, isList: boolean, known: readonly string[]): string | undefined {
  if (!known.includes(key)) {
    const meant = nearest(key, known);
    return meant === undefined
      ? "k3s has no such key; remove it"
      : `k3s has no such key; did you mean ${meant}`;
  }
  const own = OWN_KEYS[key];
  if (own !== undefined) return own;
  if (LIST_KEYS.includes(key) !== isList)
    return isList ? "k3s takes one value here, no list" : "k3s takes a list here; write [value]";
  return undefined;
}

const nodes = (known: readonly string[]) => ({
  version: z.exactOptional(
    text("write a version of k3s like v1.34.9+k3s1", (value) => parseK3sVersion(value) !== undefined),
  ),
  sha256: z.exactOptional(
    text("write the SHA-256 of the binary, 64 lower-case hex digits", (value) =>
      /^[0-9a-f]{64}$/.test(value),
    ),
  ),
  arch: oneOf(K3S_ARCHITECTURES).default("amd64"),
  folder: z.exactOptional(
    text("write a folder with k3s/<version>/k3s-<arch> and SHA256SUMS", (value) => value.trim() !== ""),
  ),
  registries: closed({
    mirrors: table(
      "name a registry, like docker.io",
      registry,
      names(url("an endpoint"), "endpoints"),
    ).default({}),
    logins: table(
      "name a registry, like mirror.example.com",
      registry,
      closed({
        username: text("write the login's name", (value) => value !== ""),
        passwordSecret: secretName,
      }),
    ).default({}),
  }).default({ mirrors: {}, logins: {} }),
  proxy: z.exactOptional(
    closed({
      http: z.exactOptional(url("the proxy")),
      https: z.exactOptional(url("the proxy")),
      direct: names(direct, "names, addresses and networks").default([]),
    }),
  ),
  shutdownSeconds: whole(0, 3600, "the seconds").default(60),
  maxPids: whole(64, 4_194_304, "the number of processes").default(4096),
  settings: settings(known),
  drain: closed({
    seconds: whole(10, 3600, "the seconds").default(300),
    force: flag().default(false),
  }).default({ seconds: 300, force: false }),
});

export const clusterSchema = z.discriminatedUnion(
  "kind",
  [
    closed({ kind: z.literal("none") }),
    closed({
      kind: z.literal("k3s"),
      ...nodes(SERVER_KEYS),
      tlsSans: names(
        text("write a host name or an address", (value) => /^[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/.test(value)),
        "names and addresses",
      ).default([]),
      authorities: table(
        `name a file of an authority: ${CUSTOM_AUTHORITIES.join(", ")}`,
        (name) => CUSTOM_AUTHORITIES.includes(name),
        secretName,
      ).default({}),
    }),
    closed({
      kind: z.literal("join"),
      stack: text(
        "write the stack that runs the cluster, like prod or organization/ebpf-platform/prod",
        (value) => /^([\w.-]+\/){0,2}[\w.-]+$/.test(value),
      ),
      ...nodes(AGENT_KEYS),
    }),
    closed({ kind: z.literal("existing"), kubeconfigSecret: secretName }),
  ],
  { error: ({ input }) => chooseKey(input, "kind", CLUSTER_KINDS, "write an object with the key kind") },
);
