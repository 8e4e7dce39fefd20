/** How a command resource says that it could not log in: the provider's words after its last dial. */
const LAST_DIAL = /after (\d+) failed attempts: (.+)/s;

/** How a command resource says that its command failed: status, the command's whole text in one line, its output. */
const FAILED_COMMAND = /^(.*(?:exited with status|exit status) \S.*?): running ".*":\n(.*)$/s;

/**
 * What a failure of the command provider means, in one sentence, or undefined for any other message. The provider names
 * neither what the end of a handshake means nor what to do, and buries what a command said under the command's text.
 */
export function explainCommand(message: string): string | undefined {
  const [, status, output] = FAILED_COMMAND.exec(message) ?? [];
  if (status !== undefined && output !== undefined) return output.trim() || `${status} and said nothing.`;
  const [, dials, reason] = LAST_DIAL.exec(message) ?? [];
  return dials === undefined || reason === undefined ? undefined : explainDial(dials, reason.trim());
}

/** The node's name is part of the resource's, which stands before the sentence. */
function explainDial(dials: string, reason: string): string {
  const through = reason.startsWith("proxy: ") ? "the jump host of its node" : "its node";
  const cause = reason.replace(/^proxy: /, "").replace(/^ssh: handshake failed: /, "");
  const said = `(${cause}, dialled ${dials} times)`;
  if (/host key/i.test(cause)) {
    return `${through} has another host key than the pinned one ${said}, and nothing was sent; if the node was rebuilt on purpose, put its new key into the config, if not, somebody stands in between.`;
  }
  if (/unable to authenticate/i.test(cause)) {
    return `${through} refused the key of this stack ${said}; put the public key into its authorized_keys or correct the private key.`;
  }
  return `${through} cannot be reached ${said}; see that it runs and that this machine reaches it, then repeat.`;
}
