import type { LoadBalancerConfig } from "@ebpf-platform/lib/config";
import { nspawnMac } from "@ebpf-platform/lib/node-mac";
import * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../node/fleet";
import { NodeCommand } from "../node/node-command";

/** MAC address by name of a node. */
export type Macs = Readonly<Record<string, string>>;

/**
 * Where the balancing node sends frames for each backend. That of an nspawn machine follows from its address; others are
 * asked for on the balancing node, again whenever one of them is another machine.
 */
export function backendMacs(
  name: string,
  fleet: Fleet,
  config: LoadBalancerConfig,
  parent: pulumi.Resource,
): pulumi.Output<Macs> {
  // Candidates of another stack say their address themselves.
  const own = config.vips.flatMap(({ backends }) => backends.filter(({ address }) => address === undefined));
  const nodes = [...new Set(own.map(({ node }) => node))].map((node) => fleet.node(node));
  const known = Object.fromEntries(
    nodes
      .filter(({ config: { driver } }) => driver === "nspawn")
      .map(({ config: { name: node, address } }) => [node, nspawnMac(address)]),
  );
  const asked = nodes.filter(({ config: { driver } }) => driver !== "nspawn");
  if (asked.length === 0) return pulumi.output(known);
  const onLink = config.vips
    .filter(({ mode }) => mode === "dsr-l2")
    .flatMap(({ backends }) => backends.filter((each) => own.includes(each)));
  const answer = new NodeCommand(
    `${name}-macs-${config.node}`,
    {
      machine: fleet.node(config.node).machine,
      script: "components/load-balancer/scripts/backend-macs.sh",
      args: {
        BACKENDS: asked.map(({ config: { name: node, address } }) => `${node}=${address}`).join(" "),
        INTERFACE: config.interface,
        ON_LINK: [...new Set(onLink.map(({ node }) => node))].join(" "),
        // Read by nobody: another machine under a name has another address.
        MACHINES: pulumi.all(asked.map(({ machine }) => machine.instance)).apply((all) => all.join(" ")),
      },
      kind: "declarative",
      timeoutSeconds: 60 + 5 * asked.length,
    },
    { parent },
  );
  return pulumi
    .unsecret(answer.output)
    .apply(({ macs }) => ({ ...known, ...(macs as Record<string, string> | undefined) }));
}
