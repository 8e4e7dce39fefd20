import { nearest } from "@ebpf-platform/lib/nearest";
import { Failure } from "../failure";

/** A page of the platform, as its chart names it under our release names. */
export interface Product {
  readonly namespace: string;
  /** What `kubectl port-forward` is given: `service/<name>`. */
  readonly target: string;
  readonly port: number;
  /** Vault speaks TLS in mode `ha` only. */
  readonly scheme: "http" | "https" | "by-name-of-port";
  /** How to log in, one sentence; no password stands here. */
  readonly login: string;
}

export const PRODUCTS: Readonly<Record<string, Product>> = {
  grafana: {
    namespace: "monitoring",
    target: "service/kube-prometheus-stack-grafana",
    port: 80,
    scheme: "http",
    login:
      "User admin; the password: kubectl -n monitoring get secret grafana-admin -o go-template='{{index .data \"admin-password\" | base64decode}}'",
  },
  hubble: {
    namespace: "kube-system",
    target: "service/hubble-ui",
    port: 80,
    scheme: "http",
    login: "No login.",
  },
  argocd: {
    namespace: "argocd",
    target: "service/argocd-server",
    port: 443,
    scheme: "https",
    login:
      "User admin until SSO is on; the first password: kubectl -n argocd get secret argocd-initial-admin-secret -o go-template='{{.data.password | base64decode}}'",
  },
  vault: {
    namespace: "vault",
    target: "service/vault",
    port: 8200,
    scheme: "by-name-of-port",
    login:
      "A token or a method of your own; in mode dev the token is root, in mode ha the root token is revoked.",
  },
  prometheus: {
    namespace: "monitoring",
    target: "service/kube-prometheus-stack-prometheus",
    port: 9090,
    scheme: "http",
    login: "No login.",
  },
};

/** A product by its name. Throws a `Failure` that names the nearest, or all. */
export function findProduct(name: string): Product {
  const found = Object.hasOwn(PRODUCTS, name) ? PRODUCTS[name] : undefined;
  if (found) return found;
  const names = Object.keys(PRODUCTS);
  const meant = nearest(name, names);
  throw new Failure(
    "usage",
    `There is nothing to open under "${name}"; ${meant === undefined ? `known are: ${names.join(", ")}` : `did you mean ${meant}`}.`,
  );
}
