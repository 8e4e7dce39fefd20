import type { VaultDatabase } from "./databases";

/** An engine or a method at a path. */
export interface VaultMount {
  readonly kind: "secrets" | "auth" | "audit";
  /** Without slash at the end. */
  readonly path: string;
  readonly type: string;
  readonly options?: Readonly<Record<string, string>>;
  /** Longest lease, seconds. Absent: the server's default. */
  readonly maxLeaseSeconds?: number;
}

/** A setting at a path that is read, compared and written. */
export interface VaultObject {
  readonly path: string;
  readonly want: Readonly<Record<string, unknown>>;
  /** Where an answer holds some of them under another table, like the connection of a database: key of that table. */
  readonly inside?: { readonly key: string; readonly names: readonly string[] };
  /** Secret that is written with the rest and never comes back: the key it has, and the file it lies in. */
  readonly secretFile?: { readonly key: string; readonly file: string };
  /** Written when missing, never when different: the CA's own key would be replaced. */
  readonly once?: true;
  /** How to find out whether it is there, where reading `path` cannot tell: a list that is not empty. */
  readonly listAt?: string;
}

export interface DesiredVault {
  readonly mounts: readonly VaultMount[];
  readonly objects: readonly VaultObject[];
}

const HOUR = 3600;
const YEAR = 8760 * HOUR;

/**
 * What the platform needs of a Vault: an audit log before anything else is written, KV version 2, logins of pods, a PKI for
 * names of the cluster, database users on demand, and roles of least privilege for External Secrets and the test pod.
 */
export function desiredVault(databases: readonly VaultDatabase[] = []): DesiredVault {
  return {
    mounts: [
      { kind: "audit", path: "file", type: "file", options: { file_path: "/vault/audit/audit.log" } },
      { kind: "secrets", path: "secret", type: "kv", options: { version: "2" } },
      { kind: "secrets", path: "pki", type: "pki", maxLeaseSeconds: 10 * YEAR },
      { kind: "secrets", path: "database", type: "database" },
      { kind: "auth", path: "kubernetes", type: "kubernetes" },
    ],
    objects: [
      // Neither token nor CA: inside the cluster Vault reads its own, which are renewed.
      { path: "auth/kubernetes/config", want: { kubernetes_host: "https://kubernetes.default.svc" } },
      policy("external-secrets", ['path "secret/data/*" { capabilities = ["read"] }']),
      policy("injector-test", ['path "secret/data/injector-test" { capabilities = ["read"] }']),
      policy("certificates", ['path "pki/issue/cluster" { capabilities = ["create", "update"] }']),
      role("external-secrets", "external-secrets", "external-secrets"),
      role("injector-test", "injector-test", "injector-test"),
      {
        path: "pki/root/generate/internal",
        want: {
          common_name: "ebpf-platform cluster CA",
          issuer_name: "root",
          key_type: "ec",
          key_bits: 384,
          ttl: 10 * YEAR,
        },
        once: true,
        listAt: "pki/issuers",
      },
      {
        path: "pki/roles/cluster",
        want: {
          allowed_domains: ["svc", "svc.cluster.local"],
          allow_subdomains: true,
          allow_bare_domains: false,
          allow_ip_sans: false,
          key_type: "ec",
          key_bits: 256,
          max_ttl: 720 * HOUR,
        },
      },
      ...databases.flatMap(databaseObjects),
    ],
  };
}

function policy(name: string, rules: readonly string[]): VaultObject {
  return { path: `sys/policies/acl/${name}`, want: { policy: `${rules.join("\n")}\n` } };
}

/** A login of one service account of one namespace, with the policy of the same name. */
function role(name: string, account: string, namespace: string): VaultObject {
  return {
    path: `auth/kubernetes/role/${name}`,
    want: {
      bound_service_account_names: [account],
      bound_service_account_namespaces: [namespace],
      token_policies: [name],
      token_ttl: HOUR,
    },
  };
}

function databaseObjects({ name, host, port, database, user, ...rest }: VaultDatabase): VaultObject[] {
  const { sslmode, passwordFile, verify, roles } = rest;
  const roleName = (each: string) => `${name}-${each}`;
  return [
    {
      path: `database/config/${name}`,
      want: {
        plugin_name: "postgresql-database-plugin",
        allowed_roles: roles.map((each) => roleName(each.name)),
        connection_url: `postgresql://{{username}}:{{password}}@${host}:${String(port)}/${database}?sslmode=${sslmode}`,
        username: user,
        ...(!verify && { verify_connection: false }),
      },
      inside: { key: "connection_details", names: ["connection_url", "username"] },
      secretFile: { key: "password", file: passwordFile },
    },
    ...roles.map(({ name: each, grants, ttlSeconds }) => ({
      path: `database/roles/${roleName(each)}`,
      want: {
        db_name: name,
        creation_statements: [
          "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; " +
            `GRANT ${grants.join(", ")} ON ALL TABLES IN SCHEMA public TO "{{name}}";`,
        ],
        default_ttl: ttlSeconds,
        max_ttl: 24 * ttlSeconds,
      },
    })),
  ];
}
