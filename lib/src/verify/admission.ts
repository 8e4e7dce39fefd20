import { fail, notRun, pass, type Outcome } from "./result";

/** What an API server answered a dry run: HTTP status, the message of its `Status`, its warnings. */
export interface DryRunAnswer {
  readonly status: number;
  readonly message: string;
  readonly warnings: readonly string[];
}

/** Stages whose admission only warns (the design's table of stages); everywhere else it must refuse. */
const WARNS_ONLY: ReadonlySet<string> = new Set(["lab", "dev"]);

/**
 * A case passes when the offender is refused and the benign twin is not: a server that refuses everything proves nothing.
 * Where the stage only warns, a warning that names the offence is enough.
 */
export function judgeAdmission(stage: string, offender: DryRunAnswer, benign: DryRunAnswer): Outcome {
  if (benign.status >= 400)
    return notRun(`the benign twin was refused (${String(benign.status)} ${benign.message})`);
  // 400 and 422 speak of the object's form, not of what it asks for.
  if (offender.status === 403) return pass(`refused: ${offender.message}`);
  if (offender.status >= 400)
    return offender.status === 422
      ? pass(`refused by the API itself: ${offender.message}`)
      : notRun(`the server answered ${String(offender.status)} ${offender.message}`);
  const [warning] = offender.warnings.filter((text) => !benign.warnings.includes(text));
  if (warning !== undefined && WARNS_ONLY.has(stage)) return pass(`warned: ${warning}`);
  return fail(
    warning === undefined ? "accepted without a word" : "only warned of",
    "label the namespace with pod-security.kubernetes.io/enforce=restricted (docs/policies.md, N01)",
  );
}

/** The answer of the authorizer, beside that for something that everybody may do. */
export function judgeAccess(allowed: boolean | undefined, benign: boolean | undefined): Outcome {
  if (allowed === undefined || benign === undefined) return notRun("the server did not answer the review");
  if (!benign) return notRun("the benign twin was denied: the authorizer answers no to everything");
  return allowed
    ? fail("allowed", "find and remove the binding (kubectl get clusterrolebindings,rolebindings -A -o wide)")
    : pass("denied");
}
