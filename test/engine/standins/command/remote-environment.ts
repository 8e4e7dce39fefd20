import type { Client } from "ssh2";
import type { EngineLog } from "../provider/engine-log";
import type { RemoteInputs } from "./inputs";

declare module "ssh2" {
  interface Client {
    // In ssh2 1.17 (lib/client.js), missing in its types: variables to be set before the subsystem starts.
    sftp(env: Record<string, string>, callback: (error: Error | undefined, sftp: SFTPWrapper) => void): this;
  }
}

/**
 * The variables that the command will get. The server must accept each one (AcceptEnv): a refused one of the user's
 * is an error, a refused PULUMI_COMMAND_STDOUT or PULUMI_COMMAND_STDERR a warning.
 */
export async function setVariables(
  client: Client,
  inputs: RemoteInputs,
  before: { stdout: string; stderr: string },
  log: EngineLog,
): Promise<Record<string, string>> {
  const accepted: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs.environment ?? {})) {
    if (!(await accepts(client, name, value))) {
      await log.line("error", notSet(name));
      throw new Error(`could not set environment variable "${name}": ssh: setenv failed`);
    }
    accepted[name] = value;
  }
  if (inputs.addPreviousOutputInEnv === false) return accepted;
  const previous = { PULUMI_COMMAND_STDOUT: before.stdout, PULUMI_COMMAND_STDERR: before.stderr };
  for (const [name, value] of Object.entries(previous)) {
    if (value === "") continue;
    if (await accepts(client, name, value)) accepted[name] = value;
    else await log.line("warning", notSet(name));
  }
  return accepted;
}

function notSet(name: string): string {
  return `Unable to set '${name}'. This only works if your SSH server is configured to accept
	these variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could
	prefix the command itself with the variables in the form 'VAR=value command'`;
}

/**
 * Asks the server with a session of its own, because ssh2 does not wait for the answer when it sets the variables of
 * a command. A server without SFTP answers this too: the variable comes before the subsystem.
 */
function accepts(client: Client, name: string, value: string): Promise<boolean> {
  return new Promise((resolve) => {
    client.sftp({ [name]: value }, (error, sftp) => {
      if (error) resolve(error.message !== "Unable to set environment");
      else {
        sftp.end();
        resolve(true);
      }
    });
  });
}
