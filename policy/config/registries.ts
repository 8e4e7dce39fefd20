/** Where the images of the platform's charts come from; each is the product's own. */
export const registries: readonly string[] = [
  "quay.io/cilium",
  "quay.io/argoproj",
  "quay.io/prometheus",
  "quay.io/prometheus-operator",
  "quay.io/jetstack",
  "registry.k8s.io",
  "docker.io/falcosecurity",
  "docker.io/grafana",
  "docker.io/hashicorp",
  "docker.io/rancher",
  "ghcr.io/external-secrets",
  "ghcr.io/spiffe",
];

/** Chart repositories of the same products. */
export const chartRepositories: readonly string[] = [
  "https://helm.cilium.io",
  "https://argoproj.github.io/argo-helm",
  "https://prometheus-community.github.io/helm-charts",
  "https://charts.jetstack.io",
  "https://falcosecurity.github.io/charts",
  "https://grafana-community.github.io/helm-charts",
  "https://fluent.github.io/helm-charts",
  "https://open-policy-agent.github.io/gatekeeper/charts",
  "https://helm.releases.hashicorp.com",
  "https://charts.external-secrets.io",
  "oci://ghcr.io/prometheus-community/charts",
  "oci://ghcr.io/argoproj/argo-helm",
  "oci://quay.io/cilium/charts",
  "oci://quay.io/jetstack/charts",
];
