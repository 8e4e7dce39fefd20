import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { HelmAddon } from "../../addon/helm-addon";
import { AddonNamespace } from "../../addon/namespace";
import type { PlatformContext } from "../../addon/platform-context";
import { TLS_SECRET } from "./values";

const NAMESPACE = "vault";
const HOURS_A_YEAR = 8760;

/** Vault: in memory for dev, or three servers with Raft and TLS that `platform vault bootstrap` opens (docs/vault.md). */
export class Vault extends pulumi.ComponentResource {
  /** Address inside the cluster. */
  readonly address: string;
  /** The last of it. Not yet unsealed in mode `ha`. */
  readonly installed: pulumi.Resource;

  constructor(name: string, platform: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:secrets:Vault", name, {}, opts);
    const high = platform.config.platform.vault === "ha";
    const namespace = new AddonNamespace(
      {
        platform,
        name: NAMESPACE,
        traffic: {
          apiServer: true,
          calledByApiServer: true,
          from: ["external-secrets", ...(platform.config.gitops?.namespaces ?? [])],
        },
      },
      { parent: this },
    );
    const secret = high && this.certificates(name, platform, namespace);
    const addon = new HelmAddon(
      name,
      {
        platform,
        chart: "vault",
        namespace: namespace.name,
        after: secret ? [namespace, secret] : [namespace],
        // A sealed server is never ready, and it is unsealed after the update: Helm would wait for ever.
        wait: !high,
      },
      { parent: this },
    );
    this.address = `${high ? "https" : "http"}://vault.${NAMESPACE}.svc:8200`;
    this.installed = addon.ready;
    this.registerOutputs({ address: this.address });
  }

  /** A CA of Vault's own and a certificate for its servers, in the Secret that they mount. */
  private certificates(
    name: string,
    { cluster }: PlatformContext,
    namespace: AddonNamespace,
  ): kubernetes.core.v1.Secret {
    const parent = { parent: this };
    const caKey = new tls.PrivateKey(`${name}-ca-key`, { algorithm: "ECDSA", ecdsaCurve: "P384" }, parent);
    const ca = new tls.SelfSignedCert(
      `${name}-ca`,
      {
        privateKeyPem: caKey.privateKeyPem,
        isCaCertificate: true,
        subject: { commonName: `Vault of stack ${pulumi.getStack()}` },
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: 10 * HOURS_A_YEAR,
      },
      parent,
    );
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P384" }, parent);
    const names = ["vault", `vault.${NAMESPACE}`, `vault.${NAMESPACE}.svc`, "*.vault-internal", "localhost"];
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: `vault.${NAMESPACE}.svc` },
        dnsNames: names,
        ipAddresses: ["127.0.0.1"],
      },
      parent,
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: caKey.privateKeyPem,
        caCertPem: ca.certPem,
        allowedUses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
        validityPeriodHours: HOURS_A_YEAR,
        // The first update in its last month renews it.
        earlyRenewalHours: 720,
      },
      parent,
    );
    return new kubernetes.core.v1.Secret(
      TLS_SECRET,
      {
        metadata: { name: TLS_SECRET, namespace: NAMESPACE },
        stringData: pulumi.secret({
          "ca.crt": ca.certPem,
          "tls.crt": certificate.certPem,
          "tls.key": key.privateKeyPem,
        }),
      },
      { parent: this, provider: cluster.provider, dependsOn: namespace },
    );
  }
}
