import type { Stack } from "@pulumi/pulumi/automation";
import { Failure } from "../failure";
import { parseOutputs, type StackNode } from "../status/collect";

/** A node of an open stack by its name. Throws a `Failure` that names the nodes there are. */
export async function stackNode(stack: Stack, name: string): Promise<StackNode> {
  const { nodes } = parseOutputs(stack.name, await stack.outputs());
  const found = nodes.find((node) => node.name === name);
  if (found) return found;
  const names = nodes.map((node) => node.name).join(", ");
  throw new Failure("usage", `Stack ${stack.name} has no node ${name}; its nodes are ${names}.`);
}
