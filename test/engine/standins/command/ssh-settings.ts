import { connect } from "node:net";
import { utils, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import type { Endpoint } from "./connection";

/** What ssh2 needs to log in at an endpoint, with the same checks before the first dial as the official provider. */
export async function sshSettings(endpoint: Endpoint): Promise<ConnectConfig> {
  const settings: ConnectConfig = {
    username: endpoint.user,
    readyTimeout: 0, // the official provider waits for the handshake without a limit
    ...hostKeyCheck(endpoint.hostKey),
  };
  if (endpoint.privateKey !== undefined) {
    checkPrivateKey(endpoint.privateKey, endpoint.privateKeyPassword);
    settings.privateKey = endpoint.privateKey;
    if (endpoint.privateKeyPassword !== undefined) settings.passphrase = endpoint.privateKeyPassword;
  }
  if (endpoint.password !== undefined) {
    settings.password = endpoint.password;
    settings.tryKeyboard = true;
  }
  const agent = endpoint.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
  if (agent !== undefined && agent !== "") {
    await checkAgent(agent);
    settings.agent = agent;
  }
  return settings;
}

/** Without a host key any server is accepted; with one, only that key and only its algorithm. */
function hostKeyCheck(line: string | undefined): ConnectConfig {
  if (line === undefined) return { hostVerifier: () => true };
  const [algorithm, key] = publicKeyIn(line);
  return {
    algorithms: { serverHostKey: [algorithm] },
    hostVerifier: (offered: Buffer) => offered.equals(key),
  };
}

/** Reads an authorized_keys line as Go's ssh.ParseAuthorizedKey does: options may stand before the key. */
function publicKeyIn(text: string): [ServerHostKeyAlgorithm, Buffer] {
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/[ \t]+/);
    if (fields[0] === "" || fields[0]?.startsWith("#")) continue;
    for (const at of [0, 1]) {
      const [type, encoded] = fields.slice(at);
      if (type === undefined || encoded === undefined) continue;
      const parsed = utils.parseKey(`${type} ${encoded}`);
      if (!(parsed instanceof Error)) return [parsed.type, parsed.getPublicSSH()];
    }
  }
  throw new Error("failed to parse host key: ssh: no key found");
}

function checkPrivateKey(key: string, passphrase: string | undefined): void {
  const parsed = utils.parseKey(key, passphrase);
  if (!(parsed instanceof Error)) return;
  if (/encrypted/i.test(parsed.message) && passphrase === undefined) {
    throw new Error("ssh: this private key is passphrase protected");
  }
  if (/bad passphrase|integrity/i.test(parsed.message))
    throw new Error("x509: decryption password incorrect");
  throw new Error("ssh: no key found");
}

/** A socket that does not answer fails the command, even if a private key is given. */
function checkAgent(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      const reason = code === "ENOENT" ? "no such file or directory" : "connection refused";
      reject(new Error(`dial unix ${path}: connect: ${reason}`));
    });
    socket.once("connect", () => {
      socket.end();
      resolve();
    });
  });
}
