import { revealMap } from "../provider/property";
import { serve } from "../provider/server";
import { decodeYaml } from "./decode-yaml";
import { objectKind } from "./object-kind";
import {
  checkProviderConfig,
  diffProviderConfig,
  parseProviderConfig,
  type ProviderConfig,
} from "./provider-config";
import { releaseKind } from "./release-kind";

let config: ProviderConfig = parseProviderConfig({});

void serve({
  name: "kubernetes",
  version: "4.34.2",
  kind: (token) =>
    token === "kubernetes:helm.sh/v3:Release" ? releaseKind(() => config) : objectKind(token, () => config),
  invoke: ({ token, args }) => {
    if (token !== "kubernetes:yaml:decode")
      return Promise.reject(new Error(`unknown Invoke type "${token}"`));
    return Promise.resolve({ outputs: decodeYaml(revealMap(args)), failures: [] });
  },
  checkConfig: checkProviderConfig,
  diffConfig: diffProviderConfig,
  configure: (_variables, args) => {
    config = parseProviderConfig(args);
  },
});
