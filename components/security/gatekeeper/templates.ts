import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PLATFORM_NAMESPACES, type PlatformConfig } from "@ebpf-platform/lib/config";
import { podSecurity } from "../../addon/namespaces";
import { projectRoot } from "../../project-root";

/** One rule of admission: a template with its Rego, and the constraint that applies it. */
export interface Admission {
  /** Name of template and constraint. */
  readonly name: string;
  readonly template: Readonly<Record<string, unknown>>;
  readonly constraint: Readonly<Record<string, unknown>>;
}

interface Rule {
  /** Kind of the constraint; in lower case the name of the template and, with hyphens, of its file. */
  readonly kind: string;
  readonly file: string;
  /** Parameters with their schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Namespaces it says nothing about. */
  readonly except: readonly string[];
}

const agents = [
  "kube-system",
  ...Object.entries(podSecurity)
    .filter(([, level]) => level === "privileged")
    .map(([name]) => name),
];

const rules: readonly Rule[] = [
  { kind: "DenyPrivileged", file: "deny-privileged", schema: {}, parameters: {}, except: agents },
  {
    kind: "RequiredLimits",
    file: "required-limits",
    schema: { resources: { type: "array", items: { type: "string" } } },
    parameters: { resources: ["memory"] },
    // What the platform's charts leave open is the matter of the policy pack, not of users' pods.
    except: PLATFORM_NAMESPACES,
  },
];

/** The rules of a stack: `audit` reports, `enforce` refuses. */
export function admissionRules({ platform }: PlatformConfig): Admission[] {
  return rules.map(({ kind, file, schema, parameters, except }) => {
    const name = kind.toLowerCase();
    return {
      name,
      template: {
        apiVersion: "templates.gatekeeper.sh/v1",
        kind: "ConstraintTemplate",
        metadata: { name },
        spec: {
          crd: {
            spec: {
              names: { kind },
              validation: { openAPIV3Schema: { type: "object", properties: schema } },
            },
          },
          targets: [
            {
              target: "admission.k8s.gatekeeper.sh",
              code: [{ engine: "Rego", source: { version: "v1", rego: regoOf(file) } }],
            },
          ],
        },
      },
      constraint: {
        apiVersion: "constraints.gatekeeper.sh/v1beta1",
        kind,
        metadata: { name },
        spec: {
          enforcementAction: platform.gatekeeper === "enforce" ? "deny" : "dryrun",
          match: { kinds: [{ apiGroups: [""], kinds: ["Pod"] }], excludedNamespaces: [...except].sort() },
          parameters,
        },
      },
    };
  });
}

function regoOf(file: string): string {
  return readFileSync(
    join(projectRoot(), "components", "security", "gatekeeper", "templates", `${file}.rego`),
    "utf8",
  );
}
