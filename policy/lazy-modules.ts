import { Module, createRequire } from "node:module";
import { dirname } from "node:path";

/**
 * What the pack or its SDK loads long before it is needed, if ever. The engine waits for the pack's start before it
 * starts the program; with these left for later that takes a third of the time.
 */
const late = [
  "typescript", // the SDK serialises functions with these three, a policy pack never does
  "@npmcli/arborist",
  "@pulumi/pulumi/automation/index.js",
  "yaml", // one rule reads files inside k3s's config
];

// Stand-ins in the module cache, which load the module itself when something is asked of it.
const from = { paths: [dirname(require.resolve("@pulumi/pulumi")), __dirname] };
for (const name of late) {
  const path = require.resolve(name, from);
  if (require.cache[path] !== undefined) continue;
  const standIn = new Module(path);
  standIn.loaded = true;
  standIn.exports = lateExports(path);
  require.cache[path] = standIn;
}

function lateExports(path: string): object {
  let loaded: object | undefined;
  const load = (): object => {
    if (loaded !== undefined) return loaded;
    Reflect.deleteProperty(require.cache, path);
    return (loaded = createRequire(__filename)(path) as object);
  };
  return new Proxy(
    {},
    {
      // Asked by every compiled `import * as`, of any module; what is imported so works without it.
      get: (_, key) => (key === "__esModule" ? undefined : (Reflect.get(load(), key) as unknown)),
    },
  );
}
