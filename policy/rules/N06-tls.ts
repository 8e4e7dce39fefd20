import { forKinds } from "../kube-object";
import { type Rule, each, must, violation } from "../rule";

export const rule: Rule = {
  id: "N06",
  name: "tls",
  severity: "medium",
  what: "Every Ingress and every Gateway listener has TLS; a Gateway's HTTP listener takes routes of its own namespace only.",
  why: "Plain HTTP shows sessions and lets anyone on the way change the answers.",
  remediation:
    "Set spec.tls, or a listener with protocol HTTPS or TLS and certificateRefs; redirect from HTTP within the Gateway's namespace.",
  url: "https://gateway-api.sigs.k8s.io/guides/tls/",
  frameworks: { owasp: ["K05", "K06"], attack: ["T1557", "T1040"] },
  level: "mandatory",
  resource: (resource, context) => [
    ...forKinds(["Ingress"], ({ spec }) =>
      must(spec.at("tls"), (tls) => Array.isArray(tls) && tls.length > 0, "must be set"),
    )(resource, context),
    ...forKinds(["Gateway"], ({ spec }) =>
      each(spec.at("listeners"), (listener) => {
        const protocol = listener.at("protocol");
        if (typeof protocol.value === "symbol") return must(protocol, () => true, "");
        if (protocol.value === "HTTPS" || protocol.value === "TLS") {
          const passthrough = listener.at("tls", "mode").value === "Passthrough";
          const certificates = listener.at("tls", "certificateRefs");
          return passthrough
            ? []
            : must(certificates, (refs) => Array.isArray(refs) && refs.length > 0, "must name a certificate");
        }
        const from = listener.at("allowedRoutes", "namespaces", "from");
        const redirectOnly = protocol.value === "HTTP" && (from.absent || from.value === "Same");
        return redirectOnly ? [] : [violation(protocol, "must be HTTPS or TLS")];
      }),
    )(resource, context),
  ],
};
