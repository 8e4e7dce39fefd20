import type { Field } from "../field";
import { type Finding, type Rule, each, must, violation, whenKnown } from "../rule";

const last = ["wireguard", "vaultInjection"];

/** Whether an expression of the plan is a step with these parts at a dose below 100 %. */
function judgeStep(step: Field): readonly Finding[] {
  return whenKnown([step], () =>
    last
      .filter(
        (part) =>
          step.at("enable").items.some((item) => item.value === part) && step.at("dose").value !== 100,
      )
      .map((part) => violation(step.at("enable"), `must enable ${part} at dose 100 only`)),
  );
}

export const rule: Rule = {
  id: "P02",
  name: "gate-file",
  severity: "high",
  what: "A gate allows at most 1 % errors, asks for 300 requests a window, has six critical signals or more and a heartbeat of the sensors; WireGuard and Vault injection come at dose 100.",
  why: "A gate that can pass without data, or with too little, passes everything.",
  remediation: "Restore the limit, the sample size or the signal in the gate file of the release.",
  url: "https://sre.google/workbook/canarying-releases/",
  frameworks: { owasp: ["K10"] },
  note: "Judges the inputs of the component ebpf-platform:rollout:Gate: errorLimit, minimumSample, signals [{id, critical}], steps [{dose, enable}].",
  level: "mandatory",
  resource: (resource) => {
    if (resource.type !== "ebpf-platform:rollout:Gate") return [];
    const { props } = resource;
    const signals = props.at("signals");
    return [
      ...must(
        props.at("errorLimit"),
        (limit) => typeof limit === "number" && limit > 0 && limit <= 0.01,
        "must be above 0 and at most 0.01",
      ),
      ...must(
        props.at("minimumSample"),
        (count) => typeof count === "number" && count >= 300,
        "must be 300 or more",
      ),
      ...must(
        signals,
        () => signals.items.filter((signal) => signal.at("critical").value === true).length >= 6,
        "must hold six critical signals",
      ),
      ...must(
        signals,
        () => signals.items.some((signal) => signal.at("id").value === "S0"),
        "must hold the heartbeat S0",
      ),
      ...each(props.at("steps"), judgeStep),
    ];
  },
};
