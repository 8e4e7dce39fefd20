import { delimiter, dirname } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";

/**
 * The engine in the first folder of a PATH, which is named `bin`. Without it the Automation API would look on the PATH of
 * this process, where a machine that built its engine has none.
 */
export function engineOnPath(path: string): Promise<PulumiCommand> {
  return PulumiCommand.get({ root: dirname(path.split(delimiter)[0] ?? "") });
}
