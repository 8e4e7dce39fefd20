/** Rollouts: plan, state machine, journal, gates and their verdicts, ledgers. Pure: no file, no clock, no network. */
export * from "./rollout/chain";
export * from "./rollout/decide";
export * from "./rollout/events";
export * from "./rollout/evidence";
export * from "./rollout/gate";
export * from "./rollout/gate-schema";
export * from "./rollout/journal";
export { judgeWindow, type Baseline, type WindowRecord } from "./rollout/judge";
export * from "./rollout/ledger";
export * from "./rollout/machine";
export * from "./rollout/plan";
export * from "./rollout/promotion";
export * from "./rollout/prometheus-answer";
export * from "./rollout/promql";
export * from "./rollout/questions";
export * from "./rollout/statistics";
export * from "./rollout/verdict";
