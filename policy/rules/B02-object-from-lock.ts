import { word } from "../field";
import { stageRules } from "@ebpf-platform/lib/stage";
import { isBpfProgram } from "../bpf-programs";
import { type Rule, must } from "../rule";

/** Where bpf/loader can attach (`ManifestAttach` in lib/src/bpf-manifest.ts). */
const hooks = ["xdp", "tc", "tracepoint", "raw_tp", "kprobe", "uprobe", "cgroup", "sock_ops", "lsm"];

export const rule: Rule = {
  id: "B02",
  name: "object-from-lock",
  severity: "critical",
  what: "A BPF program's object is one of the release lock, its name is a plain one, and its XDP mode is one the stage allows.",
  why: "What was tested is what runs. A name with a slash leaves the project's pin folder; generic XDP is many times slower and not what was measured.",
  remediation: "Promote the release that holds the object; set attach.mode to native in canary and prod.",
  url: "https://docs.kernel.org/bpf/",
  frameworks: { owasp: ["K07"], attack: ["T1195", "T1014"] },
  note: "Pins and the previous object are the loader's work; `platform verify` reads them on the node.",
  level: "mandatory",
  resource: (resource, { policy, release }) => {
    if (!isBpfProgram(resource)) return [];
    const { props } = resource;
    const { xdpModes } = stageRules[policy.stage];
    const { bpfObjects } = release;
    // Built on the node, the object's bytes are known there only: nothing to compare, so nothing for a release.
    const builtThere = props.at("build").value === "node" && bpfObjects === undefined;
    const fromLock = must(
      props.at("objectSha256"),
      (sum) => /^[0-9a-f]{64}$/.test(word(sum)) && (bpfObjects?.includes(word(sum)) ?? true),
      "must be the SHA-256 of an object of the release lock",
    );
    return [
      ...(builtThere ? [] : fromLock),
      ...must(
        props.at("program"),
        (name) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(word(name)),
        "must be a plain name",
      ),
      ...must(
        props.at("attach", "hook"),
        (hook) => hooks.includes(word(hook)),
        "must be a hook the loader knows",
      ),
      ...(props.at("attach", "hook").value === "xdp"
        ? must(
            props.at("attach", "mode"),
            (mode) => (xdpModes as readonly unknown[]).includes(mode),
            `must be ${xdpModes.join(" or ")} in stage ${policy.stage}`,
          )
        : []),
    ];
  },
};
