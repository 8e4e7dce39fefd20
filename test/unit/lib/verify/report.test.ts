import assert from "node:assert/strict";
import { judgeAccess, judgeAdmission } from "@ebpf-platform/lib/verify/admission";
import { accessCases, admissionCases, benignPod } from "@ebpf-platform/lib/verify/admission-cases";
import { verifyJunit } from "@ebpf-platform/lib/verify/junit";
import { judgeAnswers, judgeK6, judgeOverhead, judgeShares } from "@ebpf-platform/lib/verify/load";
import { verifyPage } from "@ebpf-platform/lib/verify/page";
import { judgeProgram } from "@ebpf-platform/lib/verify/programs";
import {
  fail,
  notRun,
  pass,
  summarize,
  type CheckResult,
  type VerifyReport,
} from "@ebpf-platform/lib/verify/result";
import { checkManifests } from "@ebpf-platform/policy/manifests";
import { manifestContext } from "@ebpf-platform/policy/manifest-context";
import { rules } from "@ebpf-platform/policy/rules/all";

describe("the judgements of verify", () => {
  const accepted = { status: 201, message: "", warnings: [] };
  const refused = { status: 403, message: 'violates PodSecurity "restricted:v1.34"', warnings: [] };

  it("count a refusal only beside a twin that was accepted", () => {
    assert.equal(judgeAdmission("prod", refused, accepted).status, "pass");
    assert.equal(judgeAdmission("prod", accepted, accepted).status, "fail");
    assert.equal(judgeAdmission("prod", refused, refused).status, "not-run");
    assert.equal(judgeAdmission("prod", { ...refused, status: 500 }, accepted).status, "not-run");
  });

  it("are content with a warning in dev, and nowhere after it", () => {
    const warned = { ...accepted, warnings: ["would violate PodSecurity"] };
    assert.equal(judgeAdmission("dev", warned, accepted).status, "pass");
    assert.equal(judgeAdmission("staging", warned, accepted).status, "fail");
    assert.equal(judgeAdmission("dev", warned, warned).status, "fail", "the twin is warned of the same");
  });

  it("believe an authorizer only when it also says yes", () => {
    assert.equal(judgeAccess(false, true).status, "pass");
    assert.equal(judgeAccess(true, true).status, "fail");
    assert.equal(judgeAccess(false, false).status, "not-run");
    assert.equal(judgeAccess(undefined, true).status, "not-run");
  });

  it("allow one request in a hundred to fail, and judge no handful", () => {
    assert.equal(judgeAnswers(1000, 10).status, "pass");
    assert.equal(judgeAnswers(1000, 11).status, "fail");
    assert.equal(judgeAnswers(299, 0).status, "not-run");
  });

  it("compare the shares of backends with their weights", () => {
    const weights = { a: 3, b: 1 };
    assert.equal(judgeShares({ a: 7500, b: 2500 }, weights).status, "pass");
    assert.equal(judgeShares({ a: 7000, b: 3000 }, weights).status, "fail");
    assert.equal(judgeShares({ a: 10_000 }, weights).status, "fail", "one that got nothing");
    assert.equal(judgeShares({ a: 5 }, weights).status, "not-run");
  });

  it("add run time up to shares of all processors", () => {
    const time = { seconds: 2, cpus: 2, networking: 0.1e9, observability: 0.01e9 };
    const good = judgeOverhead(time);
    assert.equal(good.outcome.status, "pass");
    assert.deepEqual(
      good.figures.map(({ value }) => Number(value.toFixed(3))),
      [2.5, 0.25, 2.75],
    );
    assert.equal(judgeOverhead({ ...time, observability: 0.05e9 }).outcome.status, "fail");
    assert.equal(judgeOverhead({ ...time, networking: 0.25e9 }).outcome.status, "fail");
  });

  it("read what k6 exports, and nothing else", () => {
    const summary = (value: number) => ({
      metrics: {
        http_reqs: { count: 4000, rate: 200 },
        http_req_failed: { passes: 0, fails: 0, value },
        http_req_duration: { "p(95)": 12.5, avg: 1 },
      },
    });
    assert.equal(judgeK6(summary(0.003)).outcome.status, "pass");
    assert.equal(judgeK6(summary(0.03)).outcome.status, "fail");
    assert.equal(judgeK6({ metrics: {} }).outcome.status, "not-run");
  });

  it("want each program there, undisturbed, and from the object of the state", () => {
    const row = { objectSha256: "a".repeat(64), mode: "native", problems: [] };
    assert.equal(judgeProgram([row], "a".repeat(64)).status, "pass");
    assert.equal(judgeProgram([row], "b".repeat(64)).status, "fail");
    assert.equal(judgeProgram([], undefined).status, "fail");
    assert.equal(judgeProgram([row, { ...row, problems: ["It is foreign."] }], undefined).status, "fail");
  });
});

describe("the cases of the threat table", () => {
  const broken = (pod: object): string[] => {
    const context = manifestContext("prod", new Date());
    const text = JSON.stringify({ ...pod, metadata: { name: "p", namespace: "apps" } });
    const { judgements } = checkManifests([{ file: "pod.yaml", text }], { rules, context });
    return judgements
      .filter(({ finding, rule }) => !finding.notJudged && /^K(0|1[0-8])/.test(rule.id))
      .map(({ rule }) => rule.id);
  };

  it("have a twin that meets every Pod Security rule", () => {
    assert.deepEqual(broken(benignPod), []);
  });

  for (const { id, pod } of admissionCases) {
    it(`${id} breaks a Pod Security rule of our own pack`, () => {
      assert.notDeepEqual(broken(pod), []);
    });
  }

  it("have ids of their own", () => {
    const ids = [...admissionCases, ...accessCases].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe("the reports of verify", () => {
  const check = (id: string, more: Partial<CheckResult>): CheckResult => ({
    id,
    group: "nodes",
    title: `check ${id}`,
    subject: "edge",
    outcome: pass("fine"),
    seconds: 0.5,
    ...more,
  });
  const report: VerifyReport = {
    stack: "t",
    stage: "lab",
    release: "workspace",
    startedAt: "2026-01-01T00:00:00.000Z",
    seconds: 3,
    checks: [
      check("c", { group: "load", outcome: notRun("k6 <is> not on PATH") }),
      check("a", { figures: [{ label: "cost", value: 3, unit: "ns", limit: 2 }] }),
      check("b", { outcome: fail('broken\u0000 & "loose"', "mend\nit") }),
    ],
  };

  it("count what passed, failed and did not run", () => {
    assert.deepEqual(summarize(report.checks), { passed: 1, failed: 1, notRun: 1 });
  });

  it("write JUnit in which what did not run is skipped, and no letter breaks the XML", () => {
    const xml = verifyJunit(report);
    assert.match(xml, /<testsuites name="verify t" tests="3" failures="1" skipped="1"/);
    assert.match(xml, /<skipped message="not run: k6 &lt;is&gt; not on PATH"\/>/);
    assert.match(xml, /<failure message="broken &amp; &quot;loose&quot;; mend&#10;it"\/>/);
    assert.ok(xml.indexOf("check a") < xml.indexOf("check c"), "groups in their order");
  });

  it("write a page that asks for nothing else and draws each figure with its limit", () => {
    const page = verifyPage(report);
    assert.doesNotMatch(page, /<script|src=|href=|url\(/);
    assert.match(page, /1 passed, 1 failed, 1 not run/);
    assert.match(page, /3 ns \(≤ 2\)/);
    assert.match(page, /broken &amp; &quot;loose&quot;/);
  });
});
