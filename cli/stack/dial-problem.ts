/** How a command resource says that it could not log in: the provider's words after its last dial. */
const LAST_DIAL = /after (\d+) failed attempts: (.+)/s;

/**
 * One sentence for a dial of the command provider that failed, or undefined for any other message. The provider names
 * neither what a handshake's end means nor what to do; the node's name is part of the resource's.
 */
export function explainDial(message: string): string | undefined {
  const [, dials, reason] = LAST_DIAL.exec(message) ?? [];
  if (dials === undefined || reason === undefined) return undefined;
  const words = reason.trim().replace(/^(proxy: )?ssh: handshake failed: /, "$1");
  const through = words.startsWith("proxy: ") ? "the jump host of its node" : "its node";
  const cause = words.replace(/^proxy: /, "");
  const said = `(${cause}, dialled ${dials} times)`;
  if (/host key/i.test(cause)) {
    return `${through} has another host key than the pinned one ${said}, and nothing was sent; if the node was rebuilt on purpose, put its new key into the config, if not, somebody stands in between.`;
  }
  if (/unable to authenticate/i.test(cause)) {
    return `${through} refused the key of this stack ${said}; put the public key into its authorized_keys or correct the private key.`;
  }
  return `${through} cannot be reached ${said}; see that it runs and that this machine reaches it, then repeat.`;
}
