/** What went wrong between here and a node. `remote`: the node was reached and answered with a failure. */
export type NodeErrorKind = "unreachable" | "auth" | "host-key" | "timeout" | "cut" | "remote";

/** One sentence: what was tried, on which node, what came back, what to do next. */
export class NodeError extends Error {
  override readonly name = "NodeError";

  constructor(
    readonly kind: NodeErrorKind,
    readonly node: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
