import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import { AddonNamespace } from "../../addon/namespace";
import type { PlatformContext } from "../../addon/platform-context";
import { TLS_SECRET } from "../vault/values";
import type { Vault } from "../vault/vault";

const NAMESPACE = "external-secrets";

export interface ExternalSecretsArgs {
  readonly platform: PlatformContext;
  /** Where there is one, a ClusterSecretStore `vault` is put on it. */
  readonly vault: Vault | undefined;
}

/** External Secrets Operator, with a store on the stack's Vault. */
export class ExternalSecrets extends pulumi.ComponentResource {
  /** Name of the ClusterSecretStore; undefined without Vault. */
  readonly store: string | undefined;

  constructor(
    name: string,
    { platform, vault }: ExternalSecretsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ebpf-platform:secrets:ExternalSecrets", name, {}, opts);
    const namespace = new AddonNamespace(
      { platform, name: NAMESPACE, traffic: { apiServer: true, calledByApiServer: true, to: ["vault"] } },
      { parent: this },
    );
    const addon = new HelmAddon(
      name,
      {
        platform,
        chart: "external-secrets",
        namespace: namespace.name,
        after: [namespace],
        // The webhook refuses every store until the controller has given it a certificate, some seconds after its start.
        ready: ["external-secrets-cert-controller", "external-secrets-webhook"].map((deployment) => ({
          path: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${deployment}`,
          is: "rolled-out",
        })),
      },
      { parent: this },
    );
    if (vault) {
      this.store = "vault";
      new kubernetes.apiextensions.CustomResource(`${name}-store`, storeOn(vault), {
        parent: this,
        provider: platform.cluster.provider,
        dependsOn: [addon.ready, vault.installed],
      });
    }
    this.registerOutputs({ store: this.store });
  }
}

/** Reads `secret/` of Vault as role `external-secrets`, with the operator's own account. */
function storeOn({ address }: Vault) {
  const tls = address.startsWith("https://");
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name: "vault" },
    spec: {
      provider: {
        vault: {
          server: address,
          path: "secret",
          version: "v2",
          ...(tls && {
            caProvider: { type: "Secret", name: TLS_SECRET, namespace: "vault", key: "ca.crt" },
          }),
          auth: {
            kubernetes: {
              mountPath: "kubernetes",
              role: "external-secrets",
              serviceAccountRef: { name: "external-secrets", namespace: NAMESPACE },
            },
          },
        },
      },
    },
  };
}
