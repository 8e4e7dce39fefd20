import { forContainers } from "../pods";
import { type Rule, must } from "../rule";

const asked = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
  ["limits", "ephemeral-storage"],
] as const;

export const rule: Rule = {
  id: "K22",
  name: "resources",
  severity: "medium",
  what: "Containers request CPU and memory, and limit memory and ephemeral storage.",
  why: "One leaking pod otherwise takes the node's memory or disk, and the node's agents with it.",
  remediation: "Set resources.requests.cpu, requests.memory, limits.memory and limits.ephemeral-storage.",
  url: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
  frameworks: { owasp: ["K01"], attack: ["T1499"] },
  level: "mandatory",
  resource: forContainers((container) =>
    // Ephemeral containers may not have any (API validation).
    container.path.includes("ephemeralContainers")
      ? []
      : asked.flatMap((path) =>
          must(
            container.at("resources", ...path),
            (value) =>
              (typeof value === "string" && /^\d/.test(value)) || (typeof value === "number" && value > 0),
            "must be set",
          ),
        ),
  ),
};
