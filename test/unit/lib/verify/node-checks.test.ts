import assert from "node:assert/strict";
import { nodeChecks, type NodeContext } from "@ebpf-platform/lib/verify/node-checks";
import { parseNodeFacts } from "@ebpf-platform/lib/verify/node-facts";
import type { Outcome } from "@ebpf-platform/lib/verify/result";

const GOOD = `Welcome to the node
time\t1700000000.5
system\trunning
sysctl net.core.bpf_jit_enable\t1
sysctl kernel.unprivileged_bpf_disabled\t2
sysctl kernel.kptr_restrict\t1
sysctl kernel.dmesg_restrict\t1
bpffs\tbpf_fs
cgroup\tcgroup2fs
boot-unit\tenabled
sshd passwordauthentication\tno
sshd kbdinteractiveauthentication\tno
sshd permitemptypasswords\tno
sshd permitrootlogin\twithout-password
secrets-searched\tyes
disk\t40
inodes\t3
bpf-as-root\t8
bpf-as-nobody\t0
kube-proxy\tabsent
k3s-config\tZA==
`;
const CONTEXT: NodeContext = { driver: "libvirt", clock: { skew: 0.1, uncertainty: 0.2 } };

const judge = (id: string, text: string, context: Partial<NodeContext> = {}): Outcome => {
  const check = nodeChecks.find((one) => one.id === id);
  assert.ok(check, id);
  return check.judge(parseNodeFacts(text), { ...CONTEXT, ...context });
};
const without = (name: string): string =>
  GOOD.split("\n")
    .filter((line) => !line.startsWith(`${name}\t`))
    .join("\n");
const but = (name: string, value: string): string => `${without(name)}${name}\t${value}\n`;

describe("the checks of a node", () => {
  it("pass on a node that is as it should be, and read past a login's greeting", () => {
    for (const { id } of nodeChecks) assert.equal(judge(id, GOOD).status, "pass", id);
  });

  const faults: readonly [string, string, string, RegExp][] = [
    ["node.units", "failed-unit", "nginx.service", /failed: nginx\.service; .*journalctl -u nginx\.service/],
    ["node.units", "system", "degraded", /systemd says degraded/],
    ["node.disk", "disk", "91", /91 % full/],
    ["node.disk", "inodes", "99", /99 % full/],
    ["node.mounts", "bpffs", "sysfs", /not mounted: \/sys\/fs\/bpf/],
    ["node.mounts", "cgroup", "tmpfs", /not mounted: \/sys\/fs\/cgroup/],
    ["node.boot-unit", "boot-unit", "disabled", /is disabled/],
    [
      "node.sysctls",
      "sysctl kernel.unprivileged_bpf_disabled",
      "0",
      /unprivileged_bpf_disabled is 0, least 1/,
    ],
    ["security.login", "sshd passwordauthentication", "yes", /passwordauthentication yes/],
    ["security.login", "sshd permitrootlogin", "yes", /permitrootlogin yes/],
    ["security.secret-files", "open-secret", "/etc/rancher/k3s/k3s.yaml", /others may read .*k3s\.yaml/],
    ["threat.kernel.unprivileged-bpf", "bpf-as-nobody", "2", /nobody loads 2 types/],
    ["node.kube-proxy", "kube-proxy", "running", /kube-proxy runs/],
  ];
  for (const [id, name, value, said] of faults) {
    it(`${id} fails for ${name} ${value}`, () => {
      const outcome = judge(id, but(name, value));
      assert.equal(outcome.status, "fail");
      assert.match(outcome.status === "fail" ? `${outcome.detail}; ${outcome.remedy}` : "", said);
    });
  }

  it("pass for nothing that could not be read", () => {
    const blind = { clock: { skew: NaN, uncertainty: 1 } };
    for (const { id } of nodeChecks) assert.equal(judge(id, "", blind).status, "not-run", id);
  });

  it("hold a container's kernel settings not against it, and do not call them right either", () => {
    const low = but("sysctl kernel.kptr_restrict", "0");
    assert.equal(judge("node.sysctls", low, { driver: "nspawn" }).status, "not-run");
    assert.equal(judge("node.sysctls", low, { driver: "existing" }).status, "fail");
  });

  it("call a clock wrong only beyond what the round trip hides", () => {
    const clock = (skew: number, uncertainty: number) =>
      judge("node.clock", GOOD, { clock: { skew, uncertainty } });
    assert.equal(clock(-1.2, 0.5).status, "pass");
    assert.equal(clock(-1.6, 0.5).status, "fail");
    assert.equal(clock(3600, 0.1).status, "fail");
  });

  it("do not take a node on which root cannot load programs for a safe one", () => {
    assert.equal(judge("threat.kernel.unprivileged-bpf", but("bpf-as-root", "0")).status, "not-run");
  });
});
