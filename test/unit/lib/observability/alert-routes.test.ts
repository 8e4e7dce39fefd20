import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { AlertingConfig } from "../../../../lib/src/config";
import { alertmanagerConfig, receiverNames } from "../../../../lib/src/observability";
import { run, tail } from "../../../engine/support/run";
import { toolOrMissing } from "./support";

const everybody: AlertingConfig = {
  secret: "receivers",
  receivers: [
    { name: "on-call", kind: "pagerduty", severities: ["critical"] },
    { name: "team", kind: "slack", channel: "#alerts", severities: ["critical", "warning"] },
    { name: "night", kind: "opsgenie", severities: ["critical"] },
    { name: "hook", kind: "webhook", url: "https://hook.example/alerts", severities: ["info"] },
  ],
};

describe("where alerts go", () => {
  it("names credentials by file only, and the hosts that must be reached", () => {
    const text = JSON.stringify(alertmanagerConfig(everybody));
    for (const { name } of everybody.receivers)
      assert.ok(text.includes(`/etc/alertmanager/secrets/receivers/${name}"`), name);
    assert.doesNotMatch(text, /"(api_url|routing_key|api_key|credentials)"/);
    assert.deepEqual(receiverNames(everybody), [
      "api.opsgenie.com",
      "events.pagerduty.com",
      "hook.example",
      "hooks.slack.com",
    ]);
    assert.deepEqual(receiverNames(undefined), []);
  });

  describe("under amtool", () => {
    let folder = "";
    before(function () {
      toolOrMissing(this, "amtool", "prometheus-alertmanager");
      folder = mkdtempSync(join(tmpdir(), "t-routes-"));
      writeFileSync(join(folder, "all.yaml"), stringify(alertmanagerConfig(everybody)));
      writeFileSync(join(folder, "none.yaml"), stringify(alertmanagerConfig(undefined)));
    });
    after(() => {
      if (folder !== "") rmSync(folder, { recursive: true });
    });

    for (const file of ["all.yaml", "none.yaml"])
      it(`is a configuration of Alertmanager: ${file}`, async () => {
        const result = await run("amtool", ["check-config", file], { cwd: folder });
        assert.equal(result.code, 0, tail(result));
      });

    for (const [labels, file, receivers] of [
      [["alertname=HttpErrors", "severity=critical"], "all.yaml", "on-call,team,night"],
      [["alertname=FalcoBlind", "severity=warning"], "all.yaml", "team"],
      [["alertname=X", "severity=info"], "all.yaml", "hook"],
      [["alertname=Watchdog", "severity=none"], "all.yaml", "nobody"],
      [["alertname=HttpErrors", "severity=critical"], "none.yaml", "nobody"],
    ] as const)
      it(`sends ${labels.join(" ")} to ${receivers} (${file})`, async () => {
        const args = ["config", "routes", "test", `--config.file=${file}`];
        const result = await run("amtool", [...args, `--verify.receivers=${receivers}`, ...labels], {
          cwd: folder,
        });
        assert.equal(result.code, 0, tail(result));
      });
  });
});
