import { word } from "../field";
import { forContainers } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K19",
  name: "image-digest",
  severity: "high",
  what: "Every image is pinned by its SHA-256 digest, and the digest is the one in the release lock.",
  why: "A tag can be pushed again: what was tested is then not what runs.",
  remediation: "Append @sha256:<digest> from the release lock; `platform release create` writes it there.",
  url: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
  frameworks: { owasp: ["K01"], attack: ["T1525", "T1204.003"] },
  level: "mandatory",
  resource: forContainers((container, _, { release }) =>
    must(
      container.at("image"),
      (image) => {
        const digest = /@(sha256:[0-9a-f]{64})$/.exec(word(image))?.[1];
        return (
          digest !== undefined &&
          (release.imageDigests === undefined || release.imageDigests.includes(digest))
        );
      },
      "must end in a @sha256: digest of the release lock",
    ),
  ),
};
