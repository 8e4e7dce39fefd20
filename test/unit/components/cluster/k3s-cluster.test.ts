import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { checkJoin } from "../../../../components/cluster/k3s/join";
import { K3sCluster } from "../../../../components/cluster/k3s/cluster";
import { pollUntil } from "../../../../components/node/poll";
import type { Fleet } from "../../../../components/node/fleet";
import { parseConfig } from "../../../../lib/src/config";
import { secureToken } from "../../../../lib/src/k3s";
import { recordResources, settled, type Recorded } from "../node/recorded-resources";

const node = (name: string, role: string, octet: number, more: object = {}): object => ({
  ...{ name, role, driver: "nspawn", address: `10.18.20.${String(octet)}` },
  ...more,
});
const config = parseConfig(
  {
    stage: "dev",
    release: "workspace",
    network: { cidr: "10.18.20.0/24", bridge: "ebp-dev" },
    nodes: [
      ...[10, 11, 12].map((octet, index) => node(`cp-${String(index + 1)}`, "server", octet)),
      node("dp-1", "agent", 20, { labels: { tier: "data" }, taints: ["edge=yes:NoSchedule"] }),
    ],
    cluster: { kind: "k3s", sha256: "ab".repeat(32) },
    platform: { tetragon: "audit", falco: "rules", vault: "dev" },
  },
  "dev",
);
const answer = `{"step":"s","state":"done","rc":0,"hash":"h","seconds":0,"output":{"caHash":"${"c".repeat(64)}"}}`;

class Host extends pulumi.CustomResource {}

describe("K3sCluster", () => {
  let recorded: Recorded[] = [];

  beforeEach(async () => {
    recorded = await recordResources((type) => {
      if (type === "command:remote:Command") return { stdout: answer, stderr: "" };
      if (type === "random:index/randomPassword:RandomPassword") return { result: "a-password" };
      return type.startsWith("pulumi-nodejs:dynamic") ? { kubeconfig: "kind: Config" } : {};
    });
    const fleet = {
      nodes: config.nodes.map((each) => {
        const host = new Host("test:index:Host", each.name, {});
        const connection = pulumi.secret({
          ...{ host: each.address, port: 22, user: "root", privateKey: "PRIVATE" },
          hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvdHRsZXNhbmRwYXBlcmFuZHN0cmluZ3NhbmR0aGlu",
        });
        const instance = pulumi.output("i-1");
        const lifetime = { deletedWith: host };
        return { config: each, machine: { name: each.name, connection, instance, lifetime, ready: host } };
      }),
    } as unknown as Fleet;
    const { cluster } = config;
    assert.equal(cluster.kind, "k3s");
    const made = new K3sCluster("cluster", {
      ...{ config, cluster, fleet, lock: undefined },
      secret: (name) => pulumi.secret(name),
    });
    await settled(pulumi.all([made.kubeconfig, made.join]));
    const last = ["dp-1-member", "cp-3-member"];
    const all = await pollUntil(20_000, () =>
      Promise.resolve(last.every((name) => recorded.some((each) => each.name === name)) || undefined),
    );
    assert.ok(all, "not every resource was made");
  });

  const found = (name: string): Recorded => {
    const [one] = recorded.filter(
      ({ type, name: own }) => own === name && !type.startsWith("ebpf-platform:"),
    );
    assert.ok(one, `${name} was not made`);
    return one;
  };
  const dependsOn = (name: string, on: string): boolean =>
    found(name).options.dependencies.some((urn) => urn.endsWith(`::${on}`));

  it("starts servers one after the other, each after what a former machine of its name left is gone", () => {
    assert.ok(dependsOn("k3s-cp-2-install", "k3s-cp-1-install"));
    assert.ok(dependsOn("k3s-cp-2-install", "cp-2-former"));
    assert.ok(dependsOn("k3s-cp-3-install", "cp-2-member"));
  });

  it("joins agents after their former self is forgotten, and labels them after they joined", () => {
    assert.ok(dependsOn("k3s-dp-1-install", "dp-1-former"));
    assert.ok(dependsOn("dp-1-member", "k3s-dp-1-install"));
    assert.deepEqual(found("dp-1-member").inputs.labels, { "node-role.kubernetes.io/worker": "true" });
  });

  it("drains nobody when the servers go with the stack", () => {
    for (const name of ["dp-1-member", "dp-1-former", "cp-2-member"])
      assert.match(found(name).options.deletedWith, /test:index:Host::cp-1$/);
  });

  it("keeps kubeconfig and connection secret in the state", () => {
    assert.ok(found("cluster-admin").options.additionalSecretOutputs.includes("kubeconfig"));
    assert.ok(found("dp-1-member").options.additionalSecretOutputs.includes("kubeconfig"));
  });
});

describe("what a stack says to those who join it", () => {
  const good = {
    server: "https://10.18.40.11:6443",
    version: "v1.34.9+k3s1",
    token: secureToken("a".repeat(64), "node", "hidden-word"),
    kubeconfig: "kind: Config",
  };

  it("is taken whole", () => {
    assert.deepEqual(checkJoin(good, "prod", "v1.34.9+k3s1"), good);
  });

  it("is refused where it is missing, older than the agents, or names no CA", () => {
    const cases: [unknown, string, RegExp][] = [
      [undefined, "v1.34.9+k3s1", /Stack prod has no cluster to join: .*platform up prod/],
      [good, "v1.35.0+k3s1", /The agents' k3s v1\.35\.0\+k3s1 is newer than the servers'/],
      [{ ...good, token: "hidden-word" }, "v1.34.9+k3s1", /names no CA/],
    ];
    for (const [value, version, words] of cases)
      assert.throws(
        () => checkJoin(value, "prod", version),
        (error: Error) => words.test(error.message) && !error.message.includes("hidden-word"),
      );
  });
});
