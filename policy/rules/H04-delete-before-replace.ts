import type { PlatformConfig } from "@ebpf-platform/lib/config/types";
import { isCommand, isRemoteCommand } from "../commands";
import { Field, type Value } from "../field";
import { type Rule, must, violation } from "../rule";

/** The host of a machine that the stack does not make. */
function isExisting(platform: PlatformConfig | undefined, host: Value | undefined): boolean {
  return (platform?.nodes ?? []).some((node) => node.driver === "existing" && node.connection.host === host);
}

export const rule: Rule = {
  id: "H04",
  name: "delete-before-replace",
  severity: "critical",
  what: "A command with a `delete` has deleteBeforeReplace, an `update` of its own, and (on a node) deletedWith its machine.",
  why: "By default a replacement is created first and the old delete runs last: an uninstall would hit the new install. Without `update` any changed input runs `create` again. Without deletedWith a lost machine blocks destroy.",
  remediation:
    "Use NodeCommand with `kind: { undo }`, or set the options deleteBeforeReplace and deletedWith and the input `update`.",
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/deletebeforereplace/",
  frameworks: { attack: ["T1489"] },
  note: "CrossGuard does not see deletedWith: that part is judged over the options that the tests record. A machine of driver `existing` is no resource of the stack, so nothing can be deleted with it.",
  level: "mandatory",
  resource: (resource) => {
    if (!isCommand(resource) || resource.props.at("delete").absent) return [];
    const option = new Field(resource.options.deleteBeforeReplace, ".options.deleteBeforeReplace");
    return [
      ...must(option, (value) => value === true, "must be true, because the command has a delete"),
      ...must(
        resource.props.at("update"),
        (text) => typeof text === "string" && text.trim() !== "",
        "must be set, because the command has a delete",
      ),
    ];
  },
  recorded: (resource, { platform }) => {
    if (!isRemoteCommand(resource) || resource.props.at("delete").absent) return [];
    if (resource.hidden?.deletedWith !== undefined) return [];
    if (isExisting(platform, resource.props.at("connection", "host").value)) return [];
    return [
      violation(new Field(undefined, ".options.deletedWith"), "must name the machine the command runs on"),
    ];
  },
};
