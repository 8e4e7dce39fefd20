import assert from "node:assert/strict";
import { missing } from "../support/missing";
import { recordStage } from "../unit/components/platform/record-stage";
import { ApiServer } from "./support/api-server";
import { isGood, Judge } from "./support/judge";
import { definitionsFor } from "./support/kinds";
import { registeredWith, titleOf, type KubeObject, type Registered } from "./support/objects";
import { ensurePrograms } from "./support/programs";

const stages = ["dev", "staging", "prod"] as const;

describe("a real kube-apiserver", function () {
  this.timeout(180_000);
  let server: ApiServer | undefined;
  let judge: Judge;
  const platforms = new Map<string, Registered>();

  before(async function () {
    this.timeout(2_400_000); // the server is built once for each machine
    const programs = await ensurePrograms();
    if ("missing" in programs) missing(this, programs.missing);
    for (const stage of stages) platforms.set(stage, registeredWith(await recordStage(stage)));
    server = await ApiServer.start(programs);
    judge = new Judge(server);
    await judge.define(definitionsFor([...platforms.values()].flatMap(({ objects }) => objects)));
  });

  after(() => server?.stop());

  for (const stage of stages) {
    it(`accepts every object of ${stage}, and again without a change`, async function () {
      const { objects, releases } = platforms.get(stage)!;
      const { accepted, refused, notJudged, warnings } = await judge.accept(objects);
      assert.deepEqual(refused, []);
      assert.deepEqual(warnings, []);
      assert.equal(accepted.length + notJudged.length, objects.length);
      assert.ok(accepted.length > 20, `only ${String(accepted.length)} objects`);
      const unknown = [...new Set(notJudged.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))];
      console.log(
        `      ${stage}: ${String(accepted.length)} objects accepted; NOT JUDGED: ${String(notJudged.length)} objects` +
          ` of kinds without a schema (${unknown.join(", ") || "none"}), ${String(releases.length)} Helm releases`,
      );
      assert.deepEqual(unknown, []);

      for (const object of objects) {
        const version = async (): Promise<unknown> => {
          const answer = await judge.apply(object);
          return (answer?.body["metadata"] as { resourceVersion?: string } | undefined)?.resourceVersion;
        };
        assert.equal(await version(), await version(), titleOf(object));
      }
      await judge.remove(objects);
    });
  }

  it("refuses each kind of object with a field that its schema does not have", async () => {
    const samples = new Map<string, KubeObject>();
    for (const { objects } of platforms.values()) {
      for (const object of objects) samples.set(`${object.apiVersion} ${object.kind}`, object);
    }
    const passed: string[] = [];
    for (const [kind, object] of samples) {
      const answer = await judge.apply(withUnknownField(object));
      assert.ok(answer, kind);
      if (isGood(answer)) passed.push(kind);
      else assert.match(JSON.stringify(answer.body), /unknown|not declared|noSuchField/, kind);
    }
    assert.deepEqual(passed, []);
  });

  it("refuses a value of the wrong type and a name that is none", async () => {
    const policy: KubeObject = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "wrong", namespace: "default" },
      spec: { podSelector: {}, policyTypes: "Ingress" },
    };
    const named: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "Not_A_Name" } };
    for (const [object, status] of [
      [policy, 500],
      [named, 422],
    ] as const) {
      const answer = await judge.apply(object);
      assert.equal(answer?.status, status, JSON.stringify(answer?.body));
    }
  });
});

/** The object with a key that no schema has, in its spec where there is one. */
function withUnknownField(object: KubeObject): KubeObject {
  const { spec } = object;
  return typeof spec === "object" && spec !== null
    ? { ...object, spec: { ...spec, noSuchField: 1 } }
    : { ...object, noSuchField: 1 };
}
