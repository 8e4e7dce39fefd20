import { parseImage } from "../images";
import { forContainers } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K21",
  name: "image-registry",
  severity: "high",
  what: "Images come from registries on the stage's list.",
  why: "Anyone can push to a public registry under a name that looks right.",
  remediation: "Use an image of a listed registry, or add the registry to policy/config/registries.ts.",
  url: "https://kubernetes.io/docs/concepts/containers/images/",
  frameworks: { cis: ["5.5.1"], owasp: ["K01", "K04"], attack: ["T1204.003"] },
  level: "mandatory",
  resource: forContainers((container, _, { policy }) =>
    must(
      container.at("image"),
      (image) => {
        if (typeof image !== "string") return false;
        const { registry, repository } = parseImage(image);
        const name = `${registry}/${repository}`;
        return policy.allow.registries.some((entry) => name === entry || name.startsWith(`${entry}/`));
      },
      "is from no registry of the list",
    ),
  ),
};
