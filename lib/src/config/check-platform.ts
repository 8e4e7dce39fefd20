import { overlaps, parseCidr } from "../cidr";
import { nearest } from "../nearest";
import { SERVICE_CIDR } from "../k3s/data-plane";
import { POD_CIDR } from "./check-network";
import { present, type Draft, type Report } from "./draft";
import { CHARTS, PLATFORM_NAMESPACES } from "./types";

/** What stands on the cluster: parts that need a cluster, a CNI or each other, and what products forbid together. */
export function checkPlatform(draft: Draft, report: Report): void {
  checkParts(draft, report);
  checkCni(draft, report);
  checkBalancing(draft, report);
  checkPools(draft, report);
  checkWorkloadPolicies(draft, report);
  checkGitops(draft, report);
  checkAlerting(draft, report);
  checkCharts(draft, report);
}

function checkParts({ platform, cluster }: Draft, report: Report): void {
  if (!platform) return;
  if (cluster?.kind === "none") {
    for (const [key, value] of Object.entries(platform).filter(
      ([, setting]) => setting !== "off" && setting !== false,
    )) {
      report(
        ["platform", key],
        value,
        "it runs on a cluster and cluster.kind is none; remove the key or choose a cluster",
      );
    }
  }
  if (platform.vaultInjection && platform.vault === "off" && cluster?.kind !== "join") {
    report(
      ["platform", "vaultInjection"],
      true,
      "it injects secrets from Vault, which is off; write platform.vault: ha, or false here",
    );
  }
}

/** Whether Cilium is there, and the parts that are Cilium's. */
function checkCni({ cluster, cilium, platform }: Draft, report: Report): void {
  if (cilium && (cluster?.kind === "none" || cluster?.kind === "join")) {
    const why =
      cluster.kind === "none"
        ? "it runs on a cluster and cluster.kind is none"
        : `it is the matter of stack ${cluster.stack}, which runs the cluster`;
    report(["cilium"], cilium, `${why}; remove the key`);
  }
  if (cluster?.kind !== "existing") return;
  if (cilium && cilium.apiServer === undefined) {
    report(
      ["cilium", "apiServer"],
      undefined,
      "without kube-proxy Cilium finds the API server by no Service; write host:port as nodes reach it",
    );
  }
  if (cilium || !platform) return;
  for (const key of ["networkPolicy", "wireguard"] as const) {
    if (platform[key] === "off" || platform[key] === false) continue;
    report(
      ["platform", key],
      platform[key],
      "it is a part of Cilium, which this stack does not install on the existing cluster; add the key cilium, or remove this one",
    );
  }
}

/** Ways of balancing that leave WireGuard, or take the XDP hook from programs of ours. */
function checkBalancing(draft: Draft, report: Report): void {
  const { cilium, platform } = draft;
  if (!cilium) return;
  const { loadBalancerMode: mode, acceleration } = cilium;
  if (platform?.wireguard && (mode === "dsr" || mode === "hybrid")) {
    report(
      ["cilium", "loadBalancerMode"],
      mode,
      "with platform.wireguard the packets it redirects between nodes would leave unencrypted; write snat",
    );
  }
  if (acceleration === "disabled") return;
  if (platform?.wireguard) {
    report(
      ["cilium", "acceleration"],
      acceleration,
      "with platform.wireguard the packets that XDP redirects would leave unencrypted; write disabled",
    );
  }
  const kubernetes = new Set(
    present(draft.nodes)
      .filter(([, { role }]) => role === "server" || role === "agent")
      .map(([, { name }]) => name),
  );
  const users = [
    ...present(draft.programs).map(([, { name, node }]) => ({ node, what: `bpf.programs[${name}]` })),
    ...(draft.loadBalancer ? [{ node: draft.loadBalancer.node, what: "loadBalancer" }] : []),
  ];
  const taken = users.find(({ node }) => kubernetes.has(node));
  if (taken) {
    report(
      ["cilium", "acceleration"],
      acceleration,
      `it needs the XDP hook of every node, and ${taken.what} has that of ${taken.node}; write disabled`,
    );
  }
}

function checkPools({ cilium, network }: Draft, report: Report): void {
  if (!cilium) return;
  const { announce, bgp, pools } = cilium;
  if (announce !== "none" && pools.length === 0)
    report(
      ["cilium", "pools"],
      pools,
      `announce is ${announce} and there is no address to announce; add a pool`,
    );
  if (announce === "bgp" && !bgp)
    report(["cilium", "bgp"], undefined, "announce is bgp; write localAsn and peers");
  if (announce !== "bgp" && bgp)
    report(
      ["cilium", "bgp"],
      bgp,
      `announce is ${announce}, so nobody is spoken to; write announce: bgp, or remove it`,
    );
  const others = [
    { text: cilium.podCidr ?? POD_CIDR, what: "the pod network" },
    { text: SERVICE_CIDR, what: "the service network" },
    ...(network?.vipCidrs ?? []).map((text) => ({ text, what: "a VIP range of our own load balancer" })),
  ];
  pools.forEach(({ cidrs }, pool) => {
    cidrs.forEach((text, index) => {
      const hit = others.find((other) => overlaps(parseCidr(other.text), parseCidr(text)));
      if (hit) {
        report(
          ["cilium", "pools", pool, "cidrs", index],
          text,
          `it overlaps ${hit.text}, ${hit.what}; choose another range`,
        );
      }
    });
  });
}

function checkWorkloadPolicies({ cilium }: Draft, report: Report): void {
  cilium?.policies.forEach(({ namespace }, index) => {
    if (!(PLATFORM_NAMESPACES as readonly string[]).includes(namespace)) return;
    report(
      ["cilium", "policies", index, "namespace"],
      namespace,
      "this program says what its own namespaces may do; choose a namespace of your workloads",
    );
  });
}

function checkGitops({ platform, gitops }: Draft, report: Report): void {
  if (!platform) return;
  if (platform.argocd && !gitops)
    report(["gitops"], undefined, "platform.argocd is on; write the repositories and namespaces it may use");
  if (!platform.argocd && gitops)
    report(["gitops"], gitops, "platform.argocd is off; switch it on, or remove the key");
  gitops?.namespaces.forEach((namespace, index) => {
    if (!(PLATFORM_NAMESPACES as readonly string[]).includes(namespace)) return;
    report(
      ["gitops", "namespaces", index],
      namespace,
      "this program owns it, and an object has one owner; choose a namespace of your workloads",
    );
  });
}

function checkAlerting({ platform, alerting }: Draft, report: Report): void {
  if (!platform || !alerting) return;
  if (platform.observability === "off")
    report(["alerting"], alerting, "platform.observability is off; switch it on, or remove the key");
  alerting.receivers.forEach(({ name }, index) => {
    if (alerting.receivers.findIndex((other) => other.name === name) === index) return;
    report(["alerting", "receivers", index, "name"], name, "another receiver has this name; choose another");
  });
}

function checkCharts({ charts }: Draft, report: Report): void {
  for (const name of Object.keys(charts?.values ?? {})) {
    if ((CHARTS as readonly string[]).includes(name)) continue;
    const meant = nearest(name, CHARTS);
    report(
      ["charts", "values", name],
      charts?.values[name],
      meant === undefined
        ? `no such chart; known are ${CHARTS.join(", ")}`
        : `no such chart; did you mean ${meant}`,
    );
  }
}
