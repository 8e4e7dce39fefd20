import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cacheRoot } from "../../../cli/engine/cache";
import { ensureGoProgram, type GoProgram } from "../../../cli/engine/go-program";

/** The kube-apiserver of the version that the release's k3s carries. */
const KUBE_APISERVER: GoProgram = {
  name: "kube-apiserver",
  module: "k8s.io/kubernetes",
  main: "k8s.io/kubernetes/cmd/kube-apiserver",
  // Upstream's build sets these (hack/lib/version.sh); without them the server calls itself v0.0.0-master.
  variables: (version) => {
    const [major = "", minor = ""] = version.split(".");
    const name = "k8s.io/component-base/version";
    return {
      [`${name}.gitVersion`]: `v${version}`,
      [`${name}.gitMajor`]: major,
      [`${name}.gitMinor`]: minor,
    };
  },
  takes: "about ten minutes on two cores",
};

/** What a control plane without controllers is made of. */
export interface Programs {
  readonly apiserver: string;
  readonly etcd: string;
  /** Version of Kubernetes without "v". */
  readonly version: string;
}

/** The two programs, the server built at first use, or the name of what this machine lacks. */
export async function ensurePrograms(): Promise<Programs | { readonly missing: string }> {
  const script = [join(__dirname, "etcd.sh"), join(cacheRoot(), "programs")];
  const etcd = spawnSync("bash", script, { encoding: "utf8" });
  if (etcd.status !== 0) return { missing: `etcd (${etcd.stderr.trim().split("\n").at(-1) ?? ""})` };
  const built = await ensureGoProgram(KUBE_APISERVER, (text) => process.stderr.write(`${text}\n`));
  return "reason" in built
    ? { missing: `kube-apiserver (${built.reason})` }
    : { apiserver: built.file, etcd: etcd.stdout.trim(), version: built.version };
}
