import type { dynamic } from "@pulumi/pulumi";

/** What `provider/index.ts` exports; a method that one lacks has nothing to do. */
type Implementations = Record<
  "memberProvider" | "formerNodeProvider" | "adminProvider" | "stagedFileProvider",
  dynamic.ResourceProvider
>;

/** Loads its implementation inside the engine's provider process, as `lazyProvider` of the BPF resources does. */
export function lazyClusterProvider(name: keyof Implementations): dynamic.ResourceProvider {
  const load = () => {
    const folder = process.cwd().endsWith("/bin") ? process.cwd() : `${process.cwd()}/bin`;
    const require = process.getBuiltinModule("node:module").createRequire(`${folder}/index.js`);
    return (require("./components/cluster/provider") as Implementations)[name];
  };
  return {
    diff: (id, olds, news) => load().diff?.(id, olds, news) ?? Promise.resolve({}),
    create: (inputs) => load().create(inputs),
    read: (id, props) => load().read?.(id, props) ?? Promise.resolve({ id, props: (props ?? {}) as object }),
    update: (id, olds, news) => load().update?.(id, olds, news) ?? Promise.resolve({ outs: news as object }),
    delete: (id, props) => load().delete?.(id, props) ?? Promise.resolve(),
  };
}
