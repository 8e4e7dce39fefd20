import assert from "node:assert/strict";
import { STAGES, parseConfig } from "../../../lib/src/config";
import { stageRules, stageViolations } from "../../../lib/src/stage";

const strictness = { bpfMode: ["audit", "enforce"], lsm: ["never", "audit", "enforce"] } as const;

describe("stage rules", () => {
  it("never get laxer from lab to prod in what BPF programs do", () => {
    STAGES.forEach((stage, index) => {
      const before = STAGES[index - 1];
      if (before === undefined) return;
      for (const rule of ["bpfMode", "lsm"] as const) {
        const order: readonly string[] = strictness[rule];
        assert.ok(
          order.indexOf(stageRules[stage][rule]) >= order.indexOf(stageRules[before][rule]),
          `${stage} ${rule}`,
        );
      }
    });
  });

  it("allow a workspace in lab and dev only", () => {
    assert.deepEqual(
      STAGES.filter((stage) => stageRules[stage].workspace),
      ["lab", "dev"],
    );
  });

  it("let a stack be stricter", () => {
    const config = parseConfig(
      {
        stage: "dev",
        release: "workspace",
        network: { cidr: "10.18.20.0/24" },
        nodes: [{ name: "cp-1", role: "server", driver: "libvirt", address: "10.18.20.10" }],
        bpf: { mode: "enforce" },
        cluster: { kind: "k3s" },
        platform: {
          tetragon: "enforce",
          falco: "alerts",
          networkPolicy: "default-deny",
          wireguard: true,
          vault: "ha",
          vaultInjection: true,
        },
      },
      "dev",
    );
    assert.deepEqual(stageViolations(config), []);
  });
});
