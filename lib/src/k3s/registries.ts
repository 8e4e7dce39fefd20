import { stringify } from "yaml";

/** Where containerd gets images from instead (docs.k3s.io/installation/private-registry). */
export interface RegistriesConfig {
  /** Endpoints by registry, asked in order, for instance `docker.io: [https://mirror.example.com]`. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** Login by registry: a name and the entry of `secrets` that holds the password. */
  readonly logins: Readonly<Record<string, { readonly username: string; readonly passwordSecret: string }>>;
}

/** `registries.yaml`, with the passwords in it; undefined where there is nothing to say. Secret. */
export function registriesFile(
  { mirrors, logins }: RegistriesConfig,
  passwords: Readonly<Record<string, string>>,
): string | undefined {
  if (Object.keys(mirrors).length === 0 && Object.keys(logins).length === 0) return undefined;
  return stringify({
    mirrors: Object.fromEntries(
      Object.entries(mirrors).map(([registry, endpoint]) => [registry, { endpoint: [...endpoint] }]),
    ),
    configs: Object.fromEntries(
      Object.entries(logins).map(([registry, { username, passwordSecret }]) => [
        registry,
        { auth: { username, password: passwords[passwordSecret] ?? "" } },
      ]),
    ),
  });
}

/** A proxy towards the internet. */
export interface ProxyConfig {
  readonly http?: string | undefined;
  readonly https?: string | undefined;
  /** Names, addresses and networks that are reached directly, besides the cluster's own. */
  readonly direct: readonly string[];
}

/**
 * Environment of the k3s service, one `NAME=value` a line; empty without a proxy. What belongs to the cluster never goes
 * through the proxy: nodes, pods, Services.
 * @param own networks and names of the cluster
 */
export function proxyEnvironment(proxy: ProxyConfig | undefined, own: readonly string[]): string {
  if (!proxy || (proxy.http === undefined && proxy.https === undefined)) return "";
  const direct = [
    ...new Set(["127.0.0.0/8", "localhost", ".svc", ".cluster.local", ...own, ...proxy.direct]),
  ];
  const lines = [
    ...(proxy.http === undefined ? [] : [`HTTP_PROXY=${proxy.http}`]),
    ...(proxy.https === undefined ? [] : [`HTTPS_PROXY=${proxy.https}`]),
    `NO_PROXY=${direct.join(",")}`,
  ];
  return `${lines.join("\n")}\n`;
}
