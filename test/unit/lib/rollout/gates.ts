import {
  parseGateFile,
  type Answer,
  type GateFile,
  type GateTime,
  type Verdict,
  type WindowRecord,
  type WindowVerdict,
} from "@ebpf-platform/lib/rollout";

/** A gate file with a heartbeat and one error signal: dose 100, windows of 5 min, an hour of soak. */
export const gateText = (stage: string): string => `
schema: 1
stage: ${stage}
time: {scrapeSeconds: 15, windowSeconds: 300, valueSeconds: 60, windows: 3, holdSeconds: 3600, soakSeconds: 3600}
errors: {limit: 0.01, minimumSample: 300, passSample: 1000}
steps: [{dose: 100}]
signals:
  - {id: S0, title: sensors, kind: heartbeat, query: "min(up{$candidate})", expect: {op: "==", value: 1}}
  - {id: S1, title: errors, kind: errors, errors: 'sum(born(e{$candidate})) or vector(0)', requests: 'sum(born(n{$candidate}))'}
`;

/** That gate, parsed. */
export function errorGate(time: Partial<GateTime>): GateFile {
  const gate = parseGateFile(gateText("canary"), "test.yaml");
  return { ...gate, time: { ...gate.time, ...time } };
}

/** What Prometheus answers for one number at a time. */
export function vector(time: number, ...values: (number | string)[]): Answer {
  const result = values.map((value, index) => ({
    metric: { series: String(index) },
    value: [time, String(value)],
  }));
  return {
    status: 200,
    body: JSON.stringify({ status: "success", data: { resultType: "vector", result } }),
    clockSkew: 0,
  };
}

/** The record of a window of `errorGate` with k errors among n requests. */
export function errorRecord(gate: GateFile, window: number, k: number, n: number): WindowRecord {
  const evalTime = 1_800_000_000 + window * gate.time.windowSeconds;
  return {
    arms: { candidate: 'arm="candidate"', control: 'arm="control"' },
    time: { window, evalTime, since: 1_800_000_000 },
    answers: { S0: [vector(evalTime, 1)], S1: [vector(evalTime, k), vector(evalTime, n)] },
    baseline: undefined,
  };
}

/** A window in which one critical signal had a verdict. */
export function signalWindow(window: number, signal: string, verdict: Verdict): WindowVerdict {
  return {
    window,
    evalTime: 0,
    verdict,
    signals: [{ signal, critical: true, verdict, reason: "as arranged" }],
  };
}
