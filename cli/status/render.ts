import type { createColors } from "picocolors";
import { table } from "../table";
import type { NodeStatus, ProgramStatus, StatusReport, TrafficStatus, VipStatus } from "./report";

type Paint = ReturnType<typeof createColors>;

/** The report as tables for a terminal; the same facts as `--json`. */
export function renderStatus(report: StatusReport, paint: Paint): string {
  const parts = [
    paint.bold(`${report.stack}: stage ${report.stage}, release ${report.release}`),
    nodeTable(report.nodes, paint),
    ...(report.programs.length > 0 ? [programTable(report.programs, paint)] : []),
    ...(report.vips.length > 0 ? [vipTable(report.vips)] : []),
    ...(report.traffic ? [trafficLine(report.traffic, paint)] : []),
    ...report.nodes.flatMap((node) =>
      node.bpftoolNet ? [`${node.name}$ bpftool net list\n${node.bpftoolNet}`] : [],
    ),
    ...problemLines(report, paint),
  ];
  return `${parts.join("\n\n")}\n`;
}

function nodeTable(nodes: readonly NodeStatus[], paint: Paint): string {
  const state = (node: NodeStatus): string =>
    node.state === "running" ? paint.green(node.state) : paint.red(node.state);
  return table(
    ["NODE", "ROLE", "DRIVER", "ADDRESS", "STATE", "UP", "KERNEL"],
    nodes.map((node) => [
      node.name,
      node.role,
      node.driver,
      node.address,
      state(node),
      node.uptimeSeconds === undefined ? "-" : duration(node.uptimeSeconds),
      node.kernel ?? "-",
    ]),
  );
}

function programTable(programs: readonly ProgramStatus[], paint: Paint): string {
  return table(
    ["NODE", "PROGRAM", "AT", "ID", "OBJECT", "PINS", "INSNS", "JITED", "MODE", "STATE"],
    programs.map((program) => [
      program.node,
      program.name,
      `${program.hook} ${program.place}`,
      program.id?.toString() ?? "-",
      program.objectSha256?.slice(0, 12) ?? "-",
      String(program.pins),
      program.instructions?.toString() ?? "-",
      program.jitedBytes?.toString() ?? "-",
      program.mode ?? "-",
      program.problems.length === 0 ? paint.green("attached") : paint.red("drifted"),
    ]),
  );
}

function vipTable(vips: readonly VipStatus[]): string {
  return table(
    ["VIP", "MODE", "BACKEND", "WEIGHT", "CONNECTIONS", "PACKETS", "BYTES"],
    vips.flatMap((vip) =>
      vip.backends.map((backend) => [
        vip.vip,
        vip.mode,
        backend.name,
        String(backend.weight),
        String(backend.connections),
        String(backend.packets),
        String(backend.bytes),
      ]),
    ),
  );
}

function trafficLine(traffic: TrafficStatus, paint: Paint): string {
  const shares = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const cost =
    traffic.nanosecondsPerPacket === undefined
      ? "no packet was measured"
      : `${traffic.nanosecondsPerPacket.toFixed(0)} ns per packet over ${traffic.packets} packets`;
  const answered = `${traffic.requests - traffic.failed} of ${traffic.requests} requests to ${traffic.vip} answered`;
  return [
    `${traffic.failed === 0 ? paint.green(answered) : paint.red(answered)} (${shares(traffic.answeredBy)})`,
    `XDP sent them to ${shares(traffic.counted)}; ${cost}`,
  ].join("\n");
}

function problemLines(report: StatusReport, paint: Paint): string[] {
  const lines = [
    ...report.nodes.flatMap((node) => node.problems),
    ...report.programs.flatMap((program) =>
      program.problems.map((problem) => `${program.name} on ${program.node}: ${problem}`),
    ),
  ];
  return lines.length === 0 ? [] : [lines.map((line) => paint.red(line)).join("\n")];
}

/** `45s`, `12m`, `3h 5m`, `2d 4h`. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}
