import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import { AddonNamespace } from "../../addon/namespace";
import type { PlatformContext } from "../../addon/platform-context";
import { Readiness } from "../../cluster/readiness";
import { admissionRules } from "./templates";

/** Gatekeeper with its rules of admission: templates first, and their constraints once Gatekeeper has made the kinds. */
export class Gatekeeper extends pulumi.ComponentResource {
  constructor(name: string, platform: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:security:Gatekeeper", name, {}, opts);
    const namespace = new AddonNamespace(
      { platform, name: "gatekeeper-system", traffic: { apiServer: true, calledByApiServer: true } },
      { parent: this },
    );
    const addon = new HelmAddon(
      name,
      { platform, chart: "gatekeeper", namespace: namespace.name, after: [namespace] },
      { parent: this },
    );
    const own = { parent: this, provider: platform.cluster.provider };
    const rules = admissionRules(platform.config);
    const templates = rules.map(
      (rule) =>
        new kubernetes.apiextensions.CustomResource(`${rule.name}-template`, asObject(rule.template), {
          ...own,
          dependsOn: addon.ready,
        }),
    );
    const created = new Readiness(
      `${name}-templates`,
      {
        kubeconfig: platform.cluster.kubeconfig,
        checks: rules.map((rule) => ({
          path: `/apis/templates.gatekeeper.sh/v1/constrainttemplates/${rule.name}`,
          is: { field: ["status", "created"], equals: "true" },
        })),
        after: `${addon.revision} ${JSON.stringify(rules.map((rule) => rule.template))}`,
      },
      { parent: this, dependsOn: templates },
    );
    for (const rule of rules) {
      new kubernetes.apiextensions.CustomResource(`${rule.name}-constraint`, asObject(rule.constraint), {
        ...own,
        dependsOn: created,
      });
    }
    this.registerOutputs({});
  }
}

/** The SDK's type wants the fields that every object has. */
function asObject(object: Readonly<Record<string, unknown>>): kubernetes.apiextensions.CustomResourceArgs {
  return object as unknown as kubernetes.apiextensions.CustomResourceArgs;
}
