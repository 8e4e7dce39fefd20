import { parseImage } from "../images";
import { forContainers } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K20",
  name: "image-tag",
  severity: "high",
  what: "An image has a tag, which is not latest; a digest alone will do.",
  why: "Without a version nobody can say what runs, nor go back to it.",
  remediation: "Name the version, and pin its digest.",
  url: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
  frameworks: { owasp: ["K01"], attack: ["T1525"] },
  level: "mandatory",
  resource: forContainers((container) =>
    must(
      container.at("image"),
      (image) => {
        if (typeof image !== "string") return false;
        const { tag, digest } = parseImage(image);
        return tag === undefined ? digest !== undefined : tag !== "" && tag !== "latest";
      },
      "must have a tag other than latest",
    ),
  ),
};
