/** What one server does in a restore: `stop` and, at the end, `rejoin` with an empty datastore; or `restore` itself. */
export interface RestoreStep {
  readonly node: string;
  readonly action: "stop" | "restore" | "rejoin";
}

/**
 * The order in which servers go through a restore: nobody but the one that restores may run meanwhile, or the old
 * cluster's majority would live on beside the new one. The others join it one by one.
 * @param servers in declared order
 * @param on the server that has the archive; default the first
 */
export function restorePlan(servers: readonly string[], on: string | undefined = servers[0]): RestoreStep[] {
  if (on === undefined || !servers.includes(on)) {
    throw new Error(
      `${on ?? "None"} is no server of the cluster; a restore runs on one of ${servers.join(", ") || "its servers"}.`,
    );
  }
  const others = servers.filter((name) => name !== on);
  return [
    ...others.map((node): RestoreStep => ({ node, action: "stop" })),
    { node: on, action: "restore" },
    ...others.map((node): RestoreStep => ({ node, action: "rejoin" })),
  ];
}
