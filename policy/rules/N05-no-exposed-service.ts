import { forKinds, qualifiedName } from "../kube-object";
import { unsetOr } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "N05",
  name: "no-exposed-service",
  severity: "high",
  what: "No Service is a LoadBalancer or NodePort or has externalIPs, except those on the stage's list.",
  why: "Each opens a port on nodes or on an address outside, and externalIPs can take over traffic of others (CVE-2020-8554).",
  remediation: "Use ClusterIP behind a Gateway, or list the Service in exposedServices.",
  url: "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
  frameworks: { owasp: ["K05", "K06"], attack: ["T1133", "T1557"] },
  level: "mandatory",
  resource: forKinds(["Service"], (service, { policy }) =>
    policy.allow.exposedServices.includes(qualifiedName(service))
      ? []
      : [
          ...must(service.spec.at("type"), unsetOr("ClusterIP", "ExternalName"), "must be ClusterIP"),
          ...must(
            service.spec.at("externalIPs"),
            (list) => list === undefined || list === null || (Array.isArray(list) && list.length === 0),
            "must not be set",
          ),
        ],
  ),
};
