import assert from "node:assert/strict";
import { secretValue, type Recorded } from "../node/recorded-resources";
import { recordStage } from "./record-stage";

const ofType = (recorded: readonly Recorded[], type: string) => recorded.filter((each) => each.type === type);
const RELEASE = "kubernetes:helm.sh/v3:Release";
const metadataOf = ({ inputs }: Recorded) =>
  inputs.metadata as { name: string; namespace?: string; labels?: Record<string, string> };

describe("Platform", function () {
  this.timeout(30_000);
  let prod: readonly Recorded[];
  let dev: readonly Recorded[];
  before(async () => {
    prod = await recordStage("prod");
    dev = await recordStage("dev");
  });

  it("installs each chart once, by an exact version, under a name of its own and with a limit of time", () => {
    const releases = ofType(prod, RELEASE);
    assert.equal(releases.length, 12);
    for (const { name, inputs } of releases) {
      assert.match(String(inputs.version), /^\d+\.\d+\.\d+$/, name);
      assert.match((inputs.repositoryOpts as { repo: string }).repo, /^https:/, name);
      assert.equal(typeof inputs.name, "string", name);
      assert.equal(inputs.maxHistory, 3, name);
      assert.ok(Number(inputs.timeout) > 0, name);
      assert.equal(inputs.atomic, !inputs.skipAwait, name);
    }
    assert.equal(new Set(releases.map(({ inputs }) => inputs.name)).size, 12);
  });

  it("waits for every release but sealed servers", () => {
    const unwaited = (recorded: readonly Recorded[]) =>
      ofType(recorded, RELEASE)
        .filter(({ inputs }) => inputs.skipAwait)
        .map(({ name }) => name);
    assert.deepEqual(unwaited(prod), ["vault"]);
    assert.deepEqual(unwaited(dev), []);
  });

  it("labels every namespace with a level of one Kubernetes version, and closes it where the stage denies by default", () => {
    const namespaces = ofType(prod, "kubernetes:core/v1:Namespace").map(metadataOf);
    assert.deepEqual(namespaces.map(({ name }) => name).sort(), [
      "argocd",
      "external-secrets",
      "falco",
      "gatekeeper-system",
      "monitoring",
      "node-agents",
      "vault",
    ]);
    for (const { name, labels } of namespaces) {
      const level = name === "falco" || name === "node-agents" ? "privileged" : "restricted";
      assert.deepEqual(
        ["enforce", "audit", "warn"].map((mode) => labels?.[`pod-security.kubernetes.io/${mode}`]),
        [level, "restricted", "restricted"],
      );
      assert.equal(labels?.["pod-security.kubernetes.io/enforce-version"], "v1.34");
    }
    const policies = ofType(prod, "kubernetes:networking.k8s.io/v1:NetworkPolicy");
    assert.deepEqual(
      policies.map((policy) => metadataOf(policy).namespace).sort(),
      namespaces.map(({ name }) => name).sort(),
    );
    const named = ofType(prod, "kubernetes:cilium.io/v2:CiliumNetworkPolicy").map((policy) => {
      const { name, namespace } = metadataOf(policy);
      return `${namespace ?? ""}/${name ?? ""}`;
    });
    const own = namespaces.flatMap(({ name = "" }) => [`${name}/allow-dns`, `${name}/allow-named`]);
    assert.deepEqual(named.sort(), [...own, "default/shop-api"].sort(), "and the config's own");
    assert.deepEqual(ofType(dev, "kubernetes:networking.k8s.io/v1:NetworkPolicy"), []);
  });

  it("hides kubeconfig, Grafana's login and Vault's key", () => {
    for (const gate of ofType(prod, "pulumi-nodejs:dynamic/cluster:Readiness")) {
      assert.equal(secretValue(gate.inputs.kubeconfig), "kubeconfig", gate.name);
      assert.deepEqual(gate.options.additionalSecretOutputs, ["kubeconfig"], gate.name);
    }
    const secrets = ofType(prod, "kubernetes:core/v1:Secret");
    assert.deepEqual(secrets.map(({ name }) => name).sort(), ["grafana-admin", "vault-tls"]);
    for (const { inputs, name } of secrets) assert.ok(secretValue(inputs.stringData), name);
  });

  it("makes constraints after Gatekeeper has made their kinds", () => {
    const constraints = prod.filter(({ type }) => type.startsWith("kubernetes:constraints.gatekeeper.sh"));
    assert.equal(constraints.length, 2);
    for (const { options, inputs } of constraints) {
      assert.ok(options.dependencies.some((urn) => urn.endsWith("Readiness::gatekeeper-templates")));
      assert.equal((inputs.spec as { enforcementAction: string }).enforcementAction, "deny");
    }
  });

  it("keeps tracing policies to pods, in the mode of the stage", () => {
    const modes = (recorded: readonly Recorded[]) =>
      ofType(recorded, "kubernetes:cilium.io/v1alpha1:TracingPolicy").map(({ inputs }) => {
        const spec = inputs.spec as { podSelector?: object; options: { name: string; value: string }[] };
        assert.ok(spec.podSelector, "without a selector it would hold for the host's sshd and login");
        return spec.options.find(({ name }) => name === "policy-mode")?.value;
      });
    assert.deepEqual(modes(prod), Array(5).fill("enforce"));
    assert.deepEqual(modes(dev), Array(5).fill("monitor"));
  });

  it("hooks tracing policies into the LSM where the config says so", async () => {
    const recorded = await recordStage("dev", (raw) => (raw.tetragon = { hooks: "lsm" }));
    const specs = ofType(recorded, "kubernetes:cilium.io/v1alpha1:TracingPolicy").map(
      ({ inputs }) => inputs.spec,
    );
    assert.equal(specs.length, 5);
    for (const spec of specs as { lsmhooks?: object[]; kprobes?: object[] }[]) {
      assert.equal(spec.lsmhooks?.length, 1);
      assert.equal(spec.kprobes, undefined);
    }
  });

  it("checks before an upgrade, and installs the new version only after", async () => {
    const recorded = await recordStage("dev", (raw) => {
      raw.cilium = { ...(raw.cilium as object), preflight: true, installedFirst: "1.19" };
    });
    const cilium = ofType(recorded, RELEASE).find(({ inputs }) => inputs.name === "cilium");
    assert.equal((cilium?.inputs.values as { upgradeCompatibility: string }).upgradeCompatibility, "1.19");
    assert.ok(cilium?.options.dependencies.some((urn) => urn.endsWith("Readiness::cilium-preflight-ready")));
  });
});
