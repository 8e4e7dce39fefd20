import type { ReadinessCheck } from "@ebpf-platform/lib/readiness";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import type { PlatformContext } from "../../addon/platform-context";
import { CniGate } from "../../cluster/cni-gate";
import { ciliumObjects } from "./resources";
import { preflightValues } from "./values";

const NAMESPACE = "kube-system";
/** Definitions that Cilium's operator registers while it runs; Helm knows nothing of them. */
const definitions = [
  "ciliumnetworkpolicies",
  "ciliumclusterwidenetworkpolicies",
  "ciliumnodeconfigs",
  "ciliumloadbalancerippools",
];

/** What must hold before anything needs a pod network: agents and operator at work, their kinds known, kube-proxy replaced. */
export const ciliumReady: readonly ReadinessCheck[] = [
  { path: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/cilium-operator`, is: "rolled-out" },
  { path: `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets/cilium`, is: "rolled-out" },
  ...definitions.map((name): ReadinessCheck => ({
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}.cilium.io`,
    is: { condition: "Established" },
  })),
  {
    path: `/api/v1/namespaces/${NAMESPACE}/configmaps/cilium-config`,
    is: { field: ["data", "kube-proxy-replacement"], equals: "true" },
  },
];

/** The images are on every node, and the running cluster's policies are valid in the new version. */
const preflightReady: readonly ReadinessCheck[] = ["daemonsets", "deployments"].map((kind) => ({
  path: `/apis/apps/v1/namespaces/${NAMESPACE}/${kind}/cilium-pre-flight-check`,
  is: "rolled-out",
}));

/** The CNI with Hubble, its custom resources, and the gate behind which everything else comes. */
export class Cilium extends pulumi.ComponentResource {
  /** Pods have a network and Cilium's kinds exist. */
  readonly ready: CniGate;
  readonly version: string;

  constructor(name: string, platform: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:network:Cilium", name, {}, opts);
    const { cilium } = platform.config;
    if (!cilium) throw new Error("Cilium was asked for without the config key cilium.");
    const parent = { parent: this };

    const preflight = cilium.preflight && [
      new HelmAddon(
        `${name}-preflight`,
        {
          platform: { ...platform, values: () => preflightValues(platform.config) },
          chart: "cilium",
          release: "cilium-preflight",
          namespace: NAMESPACE,
          ready: preflightReady,
        },
        parent,
      ),
    ];
    const addon = new HelmAddon(
      name,
      { platform, chart: "cilium", namespace: NAMESPACE, after: preflight || [] },
      parent,
    );
    this.version = addon.version;
    this.ready = new CniGate(
      `${name}-ready`,
      { kubeconfig: platform.cluster.kubeconfig, checks: ciliumReady, after: addon.revision },
      { parent: this, dependsOn: addon },
    );
    for (const object of ciliumObjects(cilium)) {
      new kubernetes.apiextensions.CustomResource(`${object.kind}-${object.metadata.name}`, object, {
        parent: this,
        provider: platform.cluster.provider,
        dependsOn: this.ready,
      });
    }
    this.registerOutputs({ version: this.version });
  }
}
