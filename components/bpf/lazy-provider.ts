import type { dynamic } from "@pulumi/pulumi";

/** What `provider/index.ts` exports. */
type Implementations = Record<
  "programProvider" | "mapProvider" | "numbersProvider" | "splitProvider",
  Required<dynamic.ResourceProvider>
>;

/**
 * A provider whose methods only load their implementation, inside the engine's provider process. The engine stores the
 * text of these functions with every resource. As they capture nothing but a name, that text holds no path and no logic:
 * another checkout or a changed implementation is no change of any resource.
 */
export function lazyProvider(name: keyof Implementations): dynamic.ResourceProvider {
  // The engine runs the process in the folder that `main` of Pulumi.yaml names, bin/, or in the project's own.
  const load = () => {
    const folder = process.cwd().endsWith("/bin") ? process.cwd() : `${process.cwd()}/bin`;
    const require = process.getBuiltinModule("node:module").createRequire(`${folder}/index.js`);
    return (require("./components/bpf/provider") as Implementations)[name];
  };
  return {
    check: (olds, news) => load().check(olds, news),
    diff: (id, olds, news) => load().diff(id, olds, news),
    create: (inputs) => load().create(inputs),
    read: (id, props) => load().read(id, props),
    update: (id, olds, news) => load().update(id, olds, news),
    delete: (id, props) => load().delete(id, props),
  };
}
