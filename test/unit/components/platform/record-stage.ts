import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ExistingCluster } from "../../../../components/cluster/cluster";
import { Platform } from "../../../../components/platform/platform";
import { parseConfig, readStackFile } from "../../../../lib/src/config";
import { recordResources, settled, type Recorded } from "../node/recorded-resources";

const fixtures = join(__dirname, "..", "..", "..", "fixtures", "platform");

/** What a stage's platform registers. */
export async function recordStage(
  stage: string,
  change: (raw: Record<string, unknown>) => void = () => undefined,
): Promise<readonly Recorded[]> {
  const raw = readStackFile(readFileSync(join(fixtures, `${stage}.yaml`), "utf8"));
  // Versions come from the pins: a lock is the matter of test/engine/platform.test.ts.
  change(raw);
  const config = parseConfig(raw, `t-${stage}`);
  const recorded = await recordResources((type) =>
    type === "random:index/randomPassword:RandomPassword" ? { result: "drawn" } : {},
  );
  const cluster = new ExistingCluster("cluster", { kubeconfig: "kubeconfig" });
  const platform = new Platform("platform", { config, cluster, lock: undefined });
  await settled(pulumi.output(platform.urn));
  await pulumi.runtime.disconnect();
  return recorded;
}
