import { present, type Draft, type Report } from "./draft";

/** Virtual machines, and the machine they run on. */
export function checkVm(draft: Draft, report: Report): void {
  checkReach(draft, report);
  checkMultipass(draft, report);
}

/** The engine takes one jump host on its way, and has to be told where the default would need two. */
function checkReach({ hypervisor }: Draft, report: Report): void {
  if (!hypervisor) return;
  const { connection, reach } = hypervisor;
  const path = ["hypervisor", "reach"];
  if (connection?.proxy && (reach ?? "hypervisor") === "hypervisor") {
    report(
      path,
      reach,
      "the hypervisor stands behind a jump host, and the engine passes one at most; write jump (the jump host reaches the machines) or direct",
    );
  }
  if (reach === "hypervisor" && !connection)
    report(path, reach, "the hypervisor is this machine; write direct");
  if (reach === "jump" && !connection?.proxy)
    report(path, reach, "hypervisor.connection has no jump host (proxy); write direct or hypervisor");
}

/** The key hypervisor is libvirt's. */
function checkMultipass({ hypervisor, nodes }: Draft, report: Report): void {
  if (!hypervisor?.connection) return;
  for (const [index, node] of present(nodes)) {
    if (node.driver === "multipass")
      report(
        ["nodes", index, "driver"],
        node.driver,
        "Multipass makes machines on this machine only, and hypervisor.connection names another; use libvirt",
      );
  }
}
