import assert from "node:assert/strict";
import { allowDns, allowTraffic, defaultDeny, workloadPolicy } from "../../../lib/src/network-policies";

const namespaces = (...names: string[]) =>
  names.map((name) => ({ matchLabels: { "k8s:io.kubernetes.pod.namespace": name } }));

describe("network policies", () => {
  it("deny both directions by default", () => {
    assert.deepEqual(defaultDeny(), { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  it("allow a namespace its own pods and Prometheus, and nothing more unless it is named", () => {
    assert.deepEqual(allowTraffic("vault", {}), {
      endpointSelector: {},
      ingress: [{ fromEndpoints: namespaces("monitoring", "vault") }],
      egress: [{ toEndpoints: namespaces("vault") }],
    });
  });

  it("name the API server in the direction it is needed, nodes, and names outside on 443 only", () => {
    assert.deepEqual(
      allowTraffic("falco", {
        apiServer: true,
        calledByApiServer: true,
        nodes: true,
        to: ["monitoring"],
        names: ["ghcr.io"],
      }),
      {
        endpointSelector: {},
        ingress: [
          { fromEndpoints: namespaces("falco", "monitoring") },
          { fromEntities: ["host", "kube-apiserver", "remote-node"] },
        ],
        egress: [
          { toEndpoints: namespaces("falco", "monitoring") },
          { toEntities: ["host", "remote-node", "kube-apiserver"] },
          { toFQDNs: [{ matchName: "ghcr.io" }], toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }] },
        ],
      },
    );
  });

  it("allow DNS for names of the cluster and the given ones, at kube-dns", () => {
    const { egress } = allowDns(["ghcr.io"]) as { egress: { toPorts: { rules: { dns: object[] } }[] }[] };
    const names = egress[0]?.toPorts[0]?.rules.dns;
    assert.deepEqual(names?.at(-1), { matchName: "ghcr.io" });
    assert.ok(names.some((name) => JSON.stringify(name) === '{"matchPattern":"*.*.*.cluster.local"}'));
    assert.ok(!names.some((name) => JSON.stringify(name) === '{"matchPattern":"*"}'));
  });

  it("allow a workload's HTTP by method, path and header, and names outside with the DNS for them", () => {
    const requests = [{ method: "GET" as const, path: "/items" }, { headers: ["X-Tenant: shop"] }];
    const spec = workloadPolicy({
      ...{ name: "api", namespace: "shop", pods: { app: "api" } },
      http: { from: { app: "web" }, port: 8080, requests },
      names: ["payments.example"],
    });
    assert.deepEqual(spec["endpointSelector"], { matchLabels: { app: "api" } });
    assert.deepEqual(spec["ingress"], [
      {
        fromEndpoints: [{ matchLabels: { app: "web" } }],
        toPorts: [{ ports: [{ port: "8080", protocol: "TCP" }], rules: { http: requests } }],
      },
    ]);
    assert.deepEqual(spec["egress"], [
      ...(allowDns(["payments.example"])["egress"] as object[]),
      {
        toFQDNs: [{ matchName: "payments.example" }],
        toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }],
      },
    ]);
  });

  it("say nothing of a direction that a workload's policy does not name", () => {
    const pods = { app: "api" };
    const spec = workloadPolicy({ name: "api", namespace: "shop", pods, names: ["a.example"] });
    assert.deepEqual(Object.keys(spec), ["endpointSelector", "egress"]);
  });
});
