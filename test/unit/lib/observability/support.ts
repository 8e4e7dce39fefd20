import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "mocha";
import { parseConfig, readStackFile } from "../../../../lib/src/config";
import { missing } from "../../../support/missing";

export const root = join(__dirname, "..", "..", "..", "..");

/** A stack with every product. */
export const prod = parseConfig(
  readStackFile(readFileSync(join(root, "test", "fixtures", "platform", "prod.yaml"), "utf8")),
  "t-prod",
);

/** Skips the running test where a tool is missing. */
export function toolOrMissing(context: Context, tool: string, debianPackage: string): void {
  if (spawnSync(tool, ["--version"]).error) missing(context, `${tool} (Debian package ${debianPackage})`);
}
