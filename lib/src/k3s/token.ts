/**
 * A token with which a node joins, in its parts. The secure form is `K10<SHA-256 of the cluster's CA>::<user>:<password>`:
 * who has it refuses a server with another CA (k3s, pkg/clientaccess/token.go; docs.k3s.io/cli/token).
 */
export interface K3sToken {
  /** 64 lower-case hex digits; undefined in the short form, which trusts any CA it is shown. */
  readonly caHash: string | undefined;
  /** `server` or `node`; empty in the short form. */
  readonly user: string;
  readonly password: string;
}

/** Who a token is for: with the server's one may become a server, with the agent's only an agent. */
export type TokenUser = "server" | "node";

const SECURE = /^K10([0-9a-f]{64})::([^:\s]+):(\S+)$/;
/** A kubeadm bootstrap token, which ends and which a server never takes. */
const BOOTSTRAP = /^(K10[0-9a-f]*::)?[a-z0-9]{6}\.[a-z0-9]{16}$/;

/** Reads a token. Throws one sentence, which never holds a part of the token, when k3s would refuse it. */
export function parseToken(text: string): K3sToken {
  const token = text.trim();
  if (token === "") throw new Error("The k3s token is empty; store it again.");
  if (BOOTSTRAP.test(token)) {
    throw new Error(
      "The k3s token is a bootstrap token (id.secret), which ends by itself and is no server token; take the one of the file node-token or agent-token on a server.",
    );
  }
  const match = SECURE.exec(token);
  if (match) {
    const [, caHash, user = "", password = ""] = match;
    return { caHash, user, password };
  }
  if (token.startsWith("K10")) {
    throw new Error(
      "The k3s token begins like the secure form and is not K10<64 hex digits>::<user>:<password>; copy it whole.",
    );
  }
  return { caHash: undefined, user: "", password: token };
}

/** The secure form. @param caHash as a server's file node-token has it */
export function secureToken(caHash: string, user: TokenUser, password: string): string {
  if (!/^[0-9a-f]{64}$/.test(caHash))
    throw new Error(`"${caHash}" is no SHA-256 of a cluster's CA; it has 64 hex digits.`);
  return `K10${caHash}::${user}:${password}`;
}
