import { word } from "../field";
import { k3sNode } from "../k3s";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "C02",
  name: "k3s-pinned",
  severity: "high",
  what: "The k3s binary has an exact version and a SHA-256, both those of the release lock.",
  why: "A channel or a bare version brings whatever the server serves that day.",
  remediation: "Take version and sha256 from the release lock.",
  url: "https://docs.k3s.io/installation/airgap",
  frameworks: { owasp: ["K07"], attack: ["T1195.002"] },
  note: "Judges the input binary of the components ebpf-platform:cluster:K3sServer and K3sAgent.",
  level: "mandatory",
  resource: (resource, { release }) => {
    const node = k3sNode(resource);
    if (node === undefined) return [];
    return [
      ...must(
        node.binary.at("version"),
        (version) =>
          /^v\d+\.\d+\.\d+\+k3s\d+$/.test(word(version)) && (release.k3s?.version ?? version) === version,
        "must be the exact version of the release lock",
      ),
      ...must(
        node.binary.at("sha256"),
        (sum) => /^[0-9a-f]{64}$/.test(word(sum)) && (release.k3s?.sha256.includes(word(sum)) ?? true),
        "must be the SHA-256 of the release lock",
      ),
    ];
  },
};
