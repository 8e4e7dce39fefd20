import type { RolloutPlan } from "./plan";
import type { Decision, Verdict } from "./verdict";

/** Who runs a rollout: enough to see whether that process still lives. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** `/proc/sys/kernel/random/boot_id`: after a reboot no process of before lives. */
  readonly bootId: string;
}

/**
 * What a journal's entries say. `started` and `judging` are on disk before the action they name; the others after it,
 * or after a person spoke.
 */
export type RolloutEvent =
  | { readonly type: "begun"; readonly plan: RolloutPlan; readonly holder: Holder }
  /** A new driver goes on where another one ended. */
  | { readonly type: "resumed"; readonly holder: Holder }
  | { readonly type: "started"; readonly step: string }
  | { readonly type: "finished"; readonly step: string; readonly evidence?: readonly string[] }
  /** The step's own work failed, for the reason's sake. */
  | { readonly type: "failed"; readonly step: string; readonly reason: string }
  /** About to ask Prometheus: `evalTime` in seconds since 1970; asked again at the same time after a kill. */
  | { readonly type: "judging"; readonly step: string; readonly window: number; readonly evalTime: number }
  | {
      readonly type: "judged";
      readonly step: string;
      readonly window: number;
      readonly verdict: Verdict;
      readonly decision: Decision;
      readonly reason: string;
      /** SHA-256 of the evidence file that holds queries, answers and verdicts of the window. */
      readonly evidence: string;
    }
  /** `lock`: the release's SHA-256 that the person saw. */
  | { readonly type: "approved"; readonly step: string; readonly by: string; readonly lock: string }
  /** Stop where it stands, without going back. */
  | { readonly type: "aborted"; readonly by: string; readonly reason: string }
  /** Go back, whatever the metrics say. */
  | { readonly type: "rollbackAsked"; readonly by: string; readonly reason: string }
  | { readonly type: "frozen"; readonly by: string; readonly reason: string }
  | { readonly type: "thawed"; readonly by: string };
