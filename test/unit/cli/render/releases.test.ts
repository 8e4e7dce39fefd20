import assert from "node:assert/strict";
import { chartName, releasesOf, unknownValues } from "../../../../cli/render/releases";

const inputs = {
  name: "logs",
  namespace: "monitoring",
  chart: "loki",
  version: "18.11.0",
  repositoryOpts: { repo: "https://charts.example" },
  values: { loki: { storage: { type: "filesystem" } } },
};

describe("the releases of a preview", () => {
  it("are its Helm releases in their order, with what Helm is told", () => {
    const found = releasesOf([
      { type: "kubernetes:core/v1:Namespace", inputs: { metadata: { name: "monitoring" } } },
      { type: "kubernetes:helm.sh/v3:Release", inputs },
      { type: "kubernetes:helm.sh/v3:Release", inputs: { ...inputs, name: "second", values: undefined } },
    ]);
    assert.deepEqual(found[0], {
      ...{ name: "logs", namespace: "monitoring", chart: "loki", version: "18.11.0" },
      repository: "https://charts.example",
      values: inputs.values,
    });
    assert.deepEqual([found.length, found[1]?.name, found[1]?.values], [2, "second", {}]);
  });

  it("are named after their chart, wherever it lies", () => {
    const [release] = releasesOf([{ type: "kubernetes:helm.sh/v3:Release", inputs }]);
    for (const chart of ["loki", "oci://registry.example/charts/loki", "/srv/charts/loki-18.11.0.tgz"])
      assert.equal(chartName({ ...release!, chart }), "loki");
  });

  it("say where their values hold what a preview does not know", () => {
    const [release] = releasesOf([{ type: "kubernetes:helm.sh/v3:Release", inputs }]);
    assert.deepEqual(unknownValues(release!), []);
    const values = {
      a: { b: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
      list: ["known", "[secret]"],
    };
    assert.deepEqual(unknownValues({ ...release!, values }), ["a.b", "list.1"]);
  });
});
