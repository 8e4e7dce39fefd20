import { word } from "../field";
import { stageRules } from "@ebpf-platform/lib/stage";
import { attachPointsOf, isBpfProgram, manifestOf } from "../bpf-programs";
import { type Rule, must } from "../rule";

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
    const manifest = manifestOf(resource);
    const { xdpModes } = stageRules[policy.stage];
    return [
      ...must(
        manifest.at("objectSha256"),
        (sum) => /^[0-9a-f]{64}$/.test(word(sum)) && (release.bpfObjects?.includes(word(sum)) ?? true),
        "must be the SHA-256 of an object of the release lock",
      ),
      ...must(
        manifest.at("name"),
        (name) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(word(name)),
        "must be a plain name",
      ),
      ...attachPointsOf(resource).flatMap((attach) =>
        attach.at("hook").value === "xdp"
          ? must(
              attach.at("mode"),
              (mode) => (xdpModes as readonly unknown[]).includes(mode),
              `must be ${xdpModes.join(" or ")} in stage ${policy.stage}`,
            )
          : [],
      ),
    ];
  },
};
