import { dashboardsOf, grafanaDashboard, receiverNames, ruleGroups } from "@ebpf-platform/lib/observability";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { HelmAddon } from "../../addon/helm-addon";
import { AddonNamespace } from "../../addon/namespace";
import type { PlatformContext } from "../../addon/platform-context";
import { ADMIN_SECRET, RELEASE } from "./values";

const NAMESPACE = "monitoring";

/** The namespace and the kinds of monitors and rules: before everything that has one. */
export class MonitoringKinds extends pulumi.ComponentResource {
  readonly namespace: AddonNamespace;
  readonly installed: pulumi.Resource;

  constructor(name: string, platform: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:observability:MonitoringKinds", name, {}, opts);
    this.namespace = new AddonNamespace(
      {
        platform,
        name: NAMESPACE,
        traffic: {
          apiServer: true,
          calledByApiServer: true,
          nodes: true,
          names: receiverNames(platform.config.alerting),
          from: ["falco", "node-agents", ...(platform.config.gitops?.namespaces ?? [])],
          to: [
            "argocd",
            "external-secrets",
            "falco",
            "gatekeeper-system",
            "kube-system",
            "node-agents",
            "vault",
          ],
        },
      },
      { parent: this },
    );
    const addon = new HelmAddon(
      name,
      { platform, chart: "prometheus-operator-crds", namespace: NAMESPACE, after: [this.namespace] },
      { parent: this },
    );
    this.installed = addon.release;
    this.registerOutputs({});
  }
}

/** Prometheus, Alertmanager and Grafana. */
export class Monitoring extends pulumi.ComponentResource {
  /** Grafana's password of `admin`; secret. */
  readonly adminPassword: pulumi.Output<string>;

  constructor(
    name: string,
    { platform, agents }: { platform: PlatformContext; agents: AddonNamespace },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ebpf-platform:observability:Monitoring", name, {}, opts);
    const parent = { parent: this };
    // Drawn once, in an update, and kept in the state: a chart that draws it makes another in every render.
    const password = new random.RandomPassword(
      "grafana-admin",
      { length: 32, special: false },
      {
        ...parent,
        // Grafana keeps the first one in its own database: another one would lock everybody out.
        protect: platform.config.stage === "prod",
      },
    );
    this.adminPassword = password.result;
    const login = new kubernetes.core.v1.Secret(
      ADMIN_SECRET,
      {
        metadata: { name: ADMIN_SECRET, namespace: NAMESPACE },
        stringData: pulumi.secret({ "admin-user": "admin", "admin-password": password.result }),
      },
      { ...parent, provider: platform.cluster.provider, dependsOn: [...platform.before] },
    );
    const objects = `/apis/monitoring.coreos.com/v1/namespaces/${NAMESPACE}`;
    new kubernetes.apiextensions.CustomResource(
      "platform-alerts",
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: { name: "platform", namespace: NAMESPACE },
        spec: ruleGroups(platform.config),
      },
      { ...parent, provider: platform.cluster.provider, dependsOn: [...platform.before] },
    );
    for (const dashboard of dashboardsOf(platform.config)) {
      new kubernetes.core.v1.ConfigMap(
        `dashboard-${dashboard.uid}`,
        {
          // The label that Grafana's sidecar looks for.
          metadata: { name: dashboard.uid, namespace: NAMESPACE, labels: { grafana_dashboard: "1" } },
          data: { [`${dashboard.uid}.json`]: JSON.stringify(grafanaDashboard(dashboard)) },
        },
        { ...parent, provider: platform.cluster.provider, dependsOn: [...platform.before] },
      );
    }
    new HelmAddon(
      name,
      {
        platform,
        chart: "kube-prometheus-stack",
        release: RELEASE,
        namespace: NAMESPACE,
        after: [login, agents],
        // The operator makes the real servers after the release: a finished one does not prove them.
        ready: [
          { path: `${objects}/prometheuses/${RELEASE}-prometheus`, is: { condition: "Available" } },
          { path: `${objects}/alertmanagers/${RELEASE}-alertmanager`, is: { condition: "Available" } },
        ],
      },
      parent,
    );
    this.registerOutputs({});
  }
}
