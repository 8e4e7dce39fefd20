/** Rollouts: plan, state machine, journal, gates and their verdicts, ledgers. Pure: no file, no clock, no network. */
export * from "./rollout/chain";
export * from "./rollout/events";
export * from "./rollout/gate";
export * from "./rollout/gate-schema";
export * from "./rollout/journal";
export * from "./rollout/machine";
export * from "./rollout/plan";
export * from "./rollout/promql";
export * from "./rollout/verdict";
