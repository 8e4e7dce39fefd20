import * as z from "zod";
import { isHostLabel } from "../names";
import { chooseKey, closed, flag, ipv4, network, oneOf, table, text, whole } from "./fields";
import {
  ALERT_SEVERITIES,
  CHART_PROFILES,
  HTTP_METHODS,
  LB_ACCELERATIONS,
  LB_ANNOUNCEMENTS,
  LB_MODES,
  RECEIVER_KINDS,
  TETRAGON_HOOKS,
} from "./types";

/** The shape of what concerns the cluster's own software. */

const label = (what: string) =>
  text(`write ${what} as an RFC 1123 label: lower-case letters, digits and inner hyphens`, isHostLabel);
const some = <Element extends z.core.SomeType>(element: Element, what: string) =>
  z.array(element, { error: `write a list of ${what}` }).min(1, { error: `name at least one of: ${what}` });
// 4 octets (RFC 6793); 0 and the last number are reserved (RFC 7607, RFC 7300).
const asn = whole(1, 4_294_967_294, "the number of the autonomous system");
// cilium/pkg/option: LimitTableMin 1 Ki entries, LimitTableMax 16 Mi.
const mapSize = z.exactOptional(whole(1 << 10, 1 << 24, "the entries of the table"));

const podLabels = table(
  "name a label of pods",
  (name) => name !== "",
  z.string({ error: "write the label's value as a text" }),
).refine((labels) => Object.keys(labels).length > 0, {
  error: "name at least one label: without one every pod of the namespace would be meant",
});

const requestRule = closed({
  method: z.exactOptional(oneOf(HTTP_METHODS)),
  path: z.exactOptional(
    text("write a regular expression of the whole path, starting with /", (value) => value.startsWith("/")),
  ),
  headers: z.exactOptional(
    some(
      text("write a header as X-Name: value", (value) => /^[A-Za-z0-9-]+: \S/.test(value)),
      "headers",
    ),
  ),
}).refine((rule) => Object.keys(rule).length > 0, {
  error: "name method, path or headers: without one every request would be allowed",
});

const workloadPolicy = closed({
  name: label("the policy's name"),
  namespace: label("the namespace"),
  pods: podLabels,
  http: z.exactOptional(
    closed({
      from: podLabels,
      port: whole(1, 65_535, "the port"),
      requests: some(requestRule, "requests"),
    }),
  ),
  names: z.exactOptional(
    some(
      text("write a name like api.example", (value) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(value)),
      "names",
    ),
  ),
}).refine(({ http, names }) => http !== undefined || names !== undefined, {
  error: "write http, names or both: a policy of neither would do nothing",
});

export const ciliumSchema = closed({
  apiServer: z.exactOptional(
    text("write the API server as host:port, as nodes reach it", (value) =>
      /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[1-9][0-9]{0,4}$/.test(value),
    ),
  ),
  podCidr: z.exactOptional(network(8, 24)),
  loadBalancerMode: z.exactOptional(oneOf(LB_MODES)),
  acceleration: oneOf(LB_ACCELERATIONS).default("disabled"),
  pools: z
    .array(closed({ name: label("the pool's name"), cidrs: some(network(8, 32), "IPv4 networks") }), {
      error: "write a list of pools",
    })
    .default([]),
  announce: oneOf(LB_ANNOUNCEMENTS).default("none"),
  bgp: z.exactOptional(
    closed({
      localAsn: asn,
      peers: some(closed({ name: label("the peer's name"), address: ipv4("the router"), asn }), "peers"),
    }),
  ),
  maps: closed({ ctTcpMax: mapSize, ctAnyMax: mapSize, natMax: mapSize }).default({}),
  nodeConfigs: z
    .array(
      closed({
        name: label("the name"),
        nodeLabels: table(
          "name a label of nodes",
          (name) => name !== "",
          z.string({ error: "write the label's value as a text" }),
        ).refine((labels) => Object.keys(labels).length > 0, {
          error: "name at least one label: without one every node would be meant",
        }),
        settings: table(
          "name a key of the agent's configuration, like enable-bpf-masquerade",
          (name) => /^[a-z][a-z0-9-]*$/.test(name),
          z.string({ error: "write the setting as a text" }),
        ),
      }),
      { error: "write a list of settings for nodes" },
    )
    .default([]),
  policies: z.array(workloadPolicy, { error: "write a list of policies" }).default([]),
  installedFirst: z.exactOptional(
    text('write the minor version as a text, like "1.19"', (value) => /^1\.[0-9]{1,2}$/.test(value)),
  ),
  preflight: flag().default(false),
});

export const tetragonSchema = closed({ hooks: oneOf(TETRAGON_HOOKS).default("kprobe") });

export const chartsSchema = closed({
  profile: z.exactOptional(oneOf(CHART_PROFILES)),
  folder: z.exactOptional(
    text("write a folder with <chart>-<version>.tgz files", (value) => value.trim() !== ""),
  ),
  values: table(
    "name a chart",
    (name) => /^[a-z][a-z0-9-]*$/.test(name),
    z.record(z.string(), z.unknown(), { error: "write the values as a table" }),
  ).default({}),
});

export const gitopsSchema = closed({
  repositories: some(
    text("write a repository as https://…", (value) => /^https:\/\/[^\s*@]+$/.test(value)),
    "repositories",
  ),
  namespaces: some(label("a namespace"), "namespaces"),
  path: text("write a folder of the repository", (value) => /^[\w.-]+(\/[\w.-]+)*$/.test(value)).default(
    "apps",
  ),
  revision: text("write a branch or tag", (value) => /^[\w./-]+$/.test(value)).default("main"),
});

const receiver = {
  name: label("the receiver's name"),
  severities: z
    .array(oneOf(ALERT_SEVERITIES), { error: "write a list of severities" })
    .min(1, { error: `name at least one of: ${ALERT_SEVERITIES.join(", ")}` })
    .default(["critical", "warning"]),
};

export const alertingSchema = closed({
  secret: label("the Secret's name"),
  receivers: some(
    z.discriminatedUnion(
      "kind",
      [
        closed({
          ...receiver,
          kind: z.literal("slack"),
          channel: text("write a channel like #alerts", (value) => /^#[a-z0-9_-]{1,80}$/.test(value)),
        }),
        closed({ ...receiver, kind: z.literal("pagerduty") }),
        closed({ ...receiver, kind: z.literal("opsgenie") }),
        closed({
          ...receiver,
          kind: z.literal("webhook"),
          url: text("write the address as https://host/path, without port, user or query", (value) =>
            /^https:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(\/[^\s?#@]*)?$/.test(value),
          ),
        }),
      ],
      { error: ({ input }) => chooseKey(input, "kind", RECEIVER_KINDS, "write an object with the key kind") },
    ),
    "receivers",
  ),
});
