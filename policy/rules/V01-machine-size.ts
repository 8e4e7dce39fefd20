import type { NodeConfig, VmNodeConfig } from "@ebpf-platform/lib/config/types";
import { isStack, isVirtualMachine } from "../facts";
import { Field, word } from "../field";
import { type Finding, type Rule, must, violation } from "../rule";
import { secretLooking } from "../secret-patterns";

const isVm = (node: NodeConfig): node is VmNodeConfig =>
  node.driver === "libvirt" || node.driver === "multipass";

/** The least k3s asks for, with room for Cilium and the agents (docs.k3s.io/installation/requirements). */
function tooSmall(node: VmNodeConfig): readonly Finding[] {
  const least = { cpu: 2, memoryMiB: node.role === "server" ? 4096 : 2048, diskGiB: 20 };
  return (["cpu", "memoryMiB", "diskGiB"] as const)
    .filter((key) => node[key] < least[key])
    .map((key) =>
      violation(
        new Field(undefined, `.config.nodes.${node.name}.${key}`),
        `is ${node[key]}, less than ${least[key]}`,
      ),
    );
}

export const rule: Rule = {
  id: "V01",
  name: "machine-size",
  severity: "medium",
  what: "A virtual machine has 2 CPUs, 4 GiB (server) or 2 GiB, and 20 GiB of disk; its image has a checksum, its cloud-init no password, its seed file mode 0600.",
  why: "A smaller one fails late and strangely; an unchecked image is somebody else's machine; the seed holds the host's private key.",
  remediation: "Raise the size in the stack's config; take the image from the versions list.",
  url: "https://docs.k3s.io/installation/requirements",
  frameworks: { owasp: ["K07"], attack: ["T1195.002", "T1552.001"] },
  note: "Sizes are read from the config. Stages lab and dev may use small machines for tests.",
  level: "mandatory",
  resource: (resource, { platform, policy }) => {
    if (isStack(resource)) {
      const small = policy.stage === "lab" || policy.stage === "dev";
      return small ? [] : (platform?.nodes ?? []).filter(isVm).flatMap(tooSmall);
    }
    if (!isVirtualMachine(resource)) return [];
    const { props } = resource;
    return [
      // Debian publishes SHA-512 alone.
      ...(/^[0-9a-f]{128}$/.test(word(props.at("image", "sha512").value))
        ? []
        : must(
            props.at("image", "sha256"),
            (sum) => /^[0-9a-f]{64}$/.test(word(sum)),
            "must be the image's SHA-256",
          )),
      ...must(props.at("seedMode"), (mode) => mode === "0600", "must be 0600"),
      ...must(
        props.at("userData"),
        (text) => !/^\s*(plain_text_passwd|password)\s*:|chpasswd/m.test(word(text)),
        "must set no password",
      ),
      ...must(
        props.at("metaData"),
        (text) => typeof text !== "string" || secretLooking(text) === undefined,
        "must hold no secret",
      ),
    ];
  },
};
