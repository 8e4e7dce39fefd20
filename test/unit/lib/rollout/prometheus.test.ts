import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  judgeWindow,
  parseGateFile,
  readInstant,
  type Answer,
  type Verdict,
} from "@ebpf-platform/lib/rollout";
import { ask, askGate } from "../../../../cli/gate/prometheus";
import { pollUntil } from "../../../../components/node/poll";
import { missing } from "../../../support/missing";
import { vectors, WINDOW, type Samples, type Vector } from "./vectors";

const gate = parseGateFile(
  `
schema: 1
stage: canary
time: {scrapeSeconds: 15, windowSeconds: ${String(WINDOW)}, valueSeconds: 60, holdSeconds: 3600, soakSeconds: 0}
errors: {limit: 0.01, minimumSample: 300, passSample: 1000}
steps: [{dose: 10}]
signals:
  - {id: S0, title: sensors, kind: heartbeat, query: "min(up{$candidate})", expect: {op: "==", value: 1}}
  - {id: S1, title: errors, kind: errors, errors: "sum(born(errors_total{$candidate})) or vector(0)", requests: "sum(born(requests_total{$candidate}))"}
  - {id: S2, title: gauge, kind: threshold, query: "gauge{$candidate}", expect: {op: "<=", value: 1}}
`,
  "vectors.yaml",
);

/** Growth of one series within the window, from its samples alone: what a person would compute by hand. */
function growth(samples: Samples): number | undefined {
  const inside = samples.filter(([ago]) => ago >= 0 && ago <= WINDOW);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  // Nothing in the hour before: born here, and all it has is new.
  if (!samples.some(([ago]) => ago > WINDOW && ago <= 13 * WINDOW)) return last[1];
  if (inside.length < 2) return undefined;
  let sum = 0;
  for (const [index, [, value]] of inside.entries()) {
    const before = inside[index - 1]?.[1];
    if (before !== undefined) sum += value < before ? value : value - before;
  }
  // What was seen between the first and the last sample stands for a little more time (Prometheus: up to both ends of the
  // window where a scrape is due there, else half a scrape; never below zero).
  const seen = first[0] - last[0];
  const interval = seen / (inside.length - 1);
  const reach = (gap: number): number => (gap < interval * 1.1 ? gap : interval / 2);
  const atZero = sum > 0 ? (seen * first[1]) / sum : Number.POSITIVE_INFINITY;
  const ahead = WINDOW - first[0];
  return (sum * (seen + reach(last[0]) + reach(Math.min(ahead, atZero)))) / seen;
}

const total = (series: readonly Samples[]): number | undefined => {
  const known = series.map(growth).filter((each) => each !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, each) => sum + each, 0);
};

/** The instant value of each series: its last sample of the five minutes that Prometheus looks back. */
const instants = (series: readonly Samples[]): number[] =>
  series.flatMap((samples) => samples.findLast(([ago]) => ago >= 0 && ago < 300)?.slice(1) ?? []);

/** The verdict of a vector, judged from its samples by other means than the code under test. */
function expected({ requests, errors, gauge, up, warnings = [] }: Vector): Verdict {
  const n = Math.round(total(requests) ?? 0);
  const k = Math.round(total(errors) ?? 0);
  const sensors = instants(up);
  const values = instants(gauge);
  const broken = values.length > 1 || k > n;
  const silent = sensors.length === 0 || Math.min(...sensors) !== 1;
  const unseen = n === 0 || !values.every(Number.isFinite) || values.length === 0;
  let below = 0;
  for (let errorsBelow = 0, chance = 0.99 ** n; errorsBelow < k; errorsBelow++) {
    below += chance;
    chance *= ((n - errorsBelow) * 0.01) / ((errorsBelow + 1) * 0.99);
  }
  const certain = n >= 50 && 1 - below < 0.01;
  const warned = warnings.length > 0;
  if (!silent && !broken && values.some((value) => value > 1 && Number.isFinite(value))) return "FAIL";
  if (!silent && n > 0 && k <= n && !warned && (certain || (n >= 300 && 100 * k > n))) return "FAIL";
  if (broken && !(n === 0 && k === 0 && values.length <= 1)) return "ERROR";
  if (silent || unseen) return "NODATA";
  return warned || n < 300 ? "INCONCLUSIVE" : "PASS";
}

/** Text for promtool: every series with a label for its vector. */
function openMetrics(all: readonly Vector[], end: number): string {
  const lines: string[] = [];
  const family = (name: string, type: string, pick: (vector: Vector) => readonly Samples[]): void => {
    lines.push(`# TYPE ${name.replace(/_total$/, "")} ${type}`);
    all.forEach((vector, index) => {
      pick(vector).forEach((samples, series) => {
        for (const [ago, value] of samples) {
          const shown =
            Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
          lines.push(
            `${name}{vector="${String(index)}",series="${String(series)}"} ${shown} ${String(end - ago)}`,
          );
        }
      });
    });
  };
  family("requests_total", "counter", (vector) => vector.requests);
  family("errors_total", "counter", (vector) => vector.errors);
  family("gauge", "gauge", (vector) => vector.gauge);
  family("up", "gauge", (vector) => vector.up);
  return `${lines.join("\n")}\n# EOF\n`;
}

describe("gates before a real Prometheus", function () {
  this.timeout(120_000);
  const all = vectors();
  const folder = mkdtempSync(join(tmpdir(), "t-prometheus-"));
  const end = Math.floor(Date.now() / 1000) - 3600;
  let server: ChildProcess | undefined;
  let address = "";

  before(async function () {
    if (spawnSync("prometheus", ["--version"]).status !== 0)
      missing(this, "prometheus (apt install prometheus)");
    writeFileSync(join(folder, "samples.txt"), openMetrics(all, end));
    writeFileSync(join(folder, "prometheus.yml"), "{}\n");
    const made = spawnSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(made.status, 0, made.stderr);
    const port = await freePort();
    address = `http://127.0.0.1:${String(port)}`;
    server = spawn(
      "prometheus",
      [
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--storage.tsdb.retention.time=30d",
        `--web.listen-address=127.0.0.1:${String(port)}`,
      ],
      { cwd: folder, stdio: "ignore" },
    );
    const ready = await pollUntil(60_000, async () => {
      const answer = await ask({ address, limitMs: 2000 }, { query: "vector(1)", time: end });
      return "status" in answer && answer.status === 200 ? true : undefined;
    });
    assert.ok(ready, "Prometheus was not ready within a minute");
  });

  after(async () => {
    if (server) {
      const ended = new Promise((resolve) => server?.once("exit", resolve));
      server.kill("SIGKILL");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it(`judges ${String(all.length)} recorded vectors as an independent evaluation does`, async () => {
    assert.ok(all.length >= 120, String(all.length));
    const seen = new Map<Verdict, number>();
    for (const [index, vector] of all.entries()) {
      const arms = { candidate: `vector="${String(index)}"`, control: undefined };
      const time = { window: 1, evalTime: end, since: end - 600 };
      const answers = { ...(await askGate({ address, limitMs: 10_000 }, gate, arms, time)) };
      const [errors, requests] = answers["S1"] ?? [];
      for (const [answer, series] of [
        [errors, vector.errors],
        [requests, vector.requests],
      ] as const) {
        const reading = readInstant({ time: end }, answer!);
        const found = reading.kind === "found" ? reading.found : 0;
        assert.ok(
          Math.abs(found - (total(series) ?? 0)) < 1e-6 * Math.max(1, found),
          `${vector.name}: Prometheus counts ${String(found)}, by hand ${String(total(series))}`,
        );
      }
      if (vector.warnings) answers["S1"] = [withWarnings(errors!, vector.warnings), requests!];
      const { verdict, signals } = judgeWindow(gate, { arms, time, answers, baseline: undefined });
      assert.equal(verdict, expected(vector), `${vector.name}: ${JSON.stringify(signals)}`);
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    }
    for (const verdict of ["PASS", "FAIL", "INCONCLUSIVE", "NODATA", "ERROR"] as const)
      assert.ok((seen.get(verdict) ?? 0) >= 5, `${verdict}: ${String(seen.get(verdict))}`);
  });

  it("takes a refused query for an error, with the server's words", async () => {
    const answer = await ask({ address, limitMs: 5000 }, { query: "sum(", time: end });
    const reading = readInstant({ time: end }, answer);
    assert.equal(reading.kind, "ERROR");
    assert.match(reading.kind === "ERROR" ? reading.reason : "", /answered 400: bad_data: .*parse error/);
  });

  it("never passes on a server that is down, slow, talkative, or has another time", async () => {
    const good = JSON.stringify({
      status: "success",
      data: { resultType: "vector", result: [{ metric: {}, value: [end, "1"] }] },
    });
    const reasons = async (listener: RequestListener): Promise<string> => {
      const lying = createServer(listener);
      try {
        const reading = readInstant(
          { time: end },
          await ask({ address: await listen(lying), limitMs: 500 }, { query: "up", time: end }),
        );
        return reading.kind === "found" ? "found" : `${reading.kind}: ${reading.reason}`;
      } finally {
        lying.closeAllConnections();
        lying.close();
      }
    };
    assert.equal(await reasons((_request, response) => response.end(good)), "found");
    assert.match(await reasons(() => undefined), /ERROR: Prometheus gave no answer within 500 ms/);
    assert.match(
      await reasons((_request, response) => response.end("x".repeat(5_000_000))),
      /ERROR: .*longer than/,
    );
    assert.match(
      await reasons((_request, response) =>
        response.setHeader("date", new Date(Date.now() - 60_000).toUTCString()).end(good),
      ),
      /ERROR: its clock differs from ours by -\d+ s/,
    );
    assert.match(await reasons((_request, response) => response.end("<html>")), /ERROR: .*no JSON/);
    const closed = await ask(
      { address: `http://127.0.0.1:${String(await freePort())}`, limitMs: 500 },
      { query: "up", time: end },
    );
    assert.match("failure" in closed ? closed.failure : "", /could not be asked/);
  });
});

function withWarnings(answer: Answer, warnings: readonly string[]): Answer {
  if ("failure" in answer) return answer;
  return { ...answer, body: JSON.stringify({ ...(JSON.parse(answer.body) as object), warnings }) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = new URL(await listen(server));
  await new Promise((resolve) => server.close(resolve));
  return Number(port);
}
