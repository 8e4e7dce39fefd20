import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import {
  admissionConfig,
  AGENT_KEYS,
  agentConfig,
  auditPolicy,
  ciliumDataPlane,
  LIST_KEYS,
  proxyEnvironment,
  registriesFile,
  renderConfig,
  SERVER_KEYS,
  serverConfig,
  type AgentSettings,
  type K3sSettings,
  type ServerSettings,
} from "../../../../lib/src/k3s";

const node = {
  name: "cp-1",
  address: "10.18.20.10",
  kubelet: { maxPids: 4096, shutdownSeconds: 60, criticalSeconds: 20 },
  labels: { tier: "data" },
  taints: ["edge=yes:NoSchedule"],
  settings: {},
};
const server: ServerSettings = {
  ...node,
  datastore: "sqlite",
  join: undefined,
  tlsSans: ["api.example.com"],
  podCidr: "10.42.0.0/16",
};
const agent: AgentSettings = { ...node, server: "https://10.18.20.10:6443" };

function assertAccepted(config: K3sSettings, keys: readonly string[]): void {
  for (const [key, value] of Object.entries(config)) {
    assert.ok(keys.includes(key), `k3s does not know ${key}`);
    assert.equal(Array.isArray(value), LIST_KEYS.includes(key), `whether ${key} takes a list`);
  }
}

describe("the configuration of k3s", () => {
  it("has only keys that k3s accepts, each as a list or as one value", () => {
    for (const datastore of ["sqlite", "etcd"] as const)
      for (const join of [undefined, "https://10.18.20.10:6443"])
        assertAccepted(serverConfig({ ...server, datastore, join }), SERVER_KEYS);
    assertAccepted(agentConfig(agent), AGENT_KEYS);
  });

  it("is what the double of k3s is built to accept", () => {
    const file = join(__dirname, "../../../../tools/k3s-double/accepted.json");
    const { comment, ...lists } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    assert.match(String(comment), /^Generated from/);
    assert.deepEqual(lists, { server: SERVER_KEYS, agent: AGENT_KEYS, lists: LIST_KEYS });
  });

  it("starts embedded etcd on the first of several servers only", () => {
    assert.equal(serverConfig(server)["cluster-init"], undefined);
    assert.equal(serverConfig({ ...server, datastore: "etcd" })["cluster-init"], true);
    const joining = serverConfig({ ...server, datastore: "etcd", join: agent.server });
    assert.equal(joining["cluster-init"], undefined);
    assert.equal(joining.server, agent.server);
  });

  it("leaves to Cilium exactly what Cilium takes over", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (third) => {
        const cidr = `10.${String(third)}.0.0/16`;
        const plane = ciliumDataPlane(cidr);
        const config = serverConfig({ ...server, podCidr: cidr });
        assert.equal(config["disable-kube-proxy"], plane.cilium.kubeProxyReplacement);
        assert.deepEqual(config["cluster-cidr"], [plane.cilium.ipv4NativeRoutingCIDR]);
        assert.deepEqual(config.disable, ["metrics-server", "servicelb", "traefik"]);
        assert.equal(config["flannel-backend"], "none");
        assert.equal(config["disable-network-policy"], true);
      }),
    );
  });

  it("puts a user's lists behind ours and a user's values in their place", () => {
    const config = serverConfig({
      ...server,
      settings: { "kubelet-arg": ["max-pods=200"], "cluster-domain": "c.example.com" },
    });
    assert.equal((config["kubelet-arg"] as string[]).at(-1), "max-pods=200");
    assert.ok((config["kubelet-arg"] as string[]).length > 1);
    assert.equal(config["cluster-domain"], "c.example.com");
  });

  it("is rendered as the same bytes whatever the order of its keys", () => {
    const config = serverConfig(server);
    const turned = Object.fromEntries(Object.entries(config).reverse());
    assert.equal(renderConfig(turned), renderConfig(config));
    assert.deepEqual(parse(renderConfig(config)), config);
    assert.match(renderConfig(config), /^write-kubeconfig-mode: "0600"$/m);
  });

  it("admits restricted pods only, but in the namespaces that are named, and limits events", () => {
    const { plugins } = parse(admissionConfig(["kube-system", "falco"])) as {
      plugins: { name: string; configuration: Record<string, Record<string, unknown>> }[];
    };
    assert.deepEqual(plugins[0]?.configuration.exemptions?.namespaces, ["falco", "kube-system"]);
    assert.equal(plugins[0].configuration.defaults?.enforce, "restricted");
    assert.ok((plugins[1]?.configuration.limits as unknown as unknown[]).length > 0);
  });

  it("never records what is in a Secret", () => {
    const { rules } = parse(auditPolicy()) as {
      rules: { level: string; resources?: { group: string; resources?: string[] }[] }[];
    };
    const first = rules.find(({ resources, level }) =>
      level !== "None" ? (resources ?? [{ group: "" }]).some(({ group }) => group === "") : false,
    );
    assert.equal(first?.level, "Metadata");
    assert.deepEqual(first.resources?.[0]?.resources, ["secrets", "configmaps"]);
  });

  it("has registries and a proxy where they are asked for, and the cluster never behind the proxy", () => {
    assert.equal(registriesFile({ mirrors: {}, logins: {} }, {}), undefined);
    const text = registriesFile(
      {
        mirrors: { "docker.io": ["https://mirror.example.com"] },
        logins: { "mirror.example.com": { username: "reader", passwordSecret: "mirror" } },
      },
      { mirror: "p4ss" },
    );
    assert.deepEqual(parse(text ?? ""), {
      mirrors: { "docker.io": { endpoint: ["https://mirror.example.com"] } },
      configs: { "mirror.example.com": { auth: { username: "reader", password: "p4ss" } } },
    });
    assert.equal(proxyEnvironment(undefined, []), "");
    const own = ["10.42.0.0/16", "10.43.0.0/16", "10.18.20.0/24"];
    const environment = proxyEnvironment({ https: "http://proxy.example.com:3128", direct: ["intern"] }, own);
    assert.match(environment, /^HTTPS_PROXY=http:\/\/proxy\.example\.com:3128$/m);
    for (const name of [...own, "intern", ".svc"])
      assert.ok(environment.split("NO_PROXY=")[1]?.trim().split(",").includes(name));
  });
});
