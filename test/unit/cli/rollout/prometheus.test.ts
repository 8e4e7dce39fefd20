import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { askPrometheus } from "../../../../cli/rollout/prometheus";

describe("asking Prometheus", () => {
  it("gives an answer whatever happens", async () => {
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      if (searchParams.get("query") === "cut") response.destroy();
      else response.writeHead(503).end(JSON.stringify([pathname, ...searchParams.keys()]));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    try {
      const instant = await askPrometheus(url, { query: "up", time: 5 });
      assert.ok("status" in instant);
      assert.equal(instant.status, 503);
      assert.deepEqual(JSON.parse(instant.body), ["/api/v1/query", "query", "time"]);
      assert.ok(Math.abs(instant.clockSkew ?? 99) <= 1);
      const range = await askPrometheus(`${url}/`, { query: "up", start: 1, end: 5, step: 1 });
      assert.ok("body" in range && range.body.includes("query_range"));
      assert.ok("failure" in (await askPrometheus(url, { query: "cut", time: 1 })));
    } finally {
      server.close();
    }
    const down = await askPrometheus(url, { query: "up", time: 1 });
    assert.ok("failure" in down && down.failure.includes("gave no answer"), JSON.stringify(down));
  });
});
