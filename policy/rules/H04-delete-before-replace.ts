import { isCommand, isRemoteCommand } from "../commands";
import { Field } from "../field";
import { type Rule, must, violation } from "../rule";

export const rule: Rule = {
  id: "H04",
  name: "delete-before-replace",
  severity: "critical",
  what: "A command with a `delete` has deleteBeforeReplace, an `update` of its own, and (on a node) deletedWith its machine.",
  why: "By default a replacement is created first and the old delete runs last: an uninstall would hit the new install. Without `update` any changed input runs `create` again. Without deletedWith a lost machine blocks destroy.",
  remediation:
    "Use NodeCommand with `kind: { undo }`, or set the options deleteBeforeReplace and deletedWith and the input `update`.",
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/deletebeforereplace/",
  frameworks: {},
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
  recorded: (resource) => {
    if (!isRemoteCommand(resource) || resource.props.at("delete").absent) return [];
    if (resource.hidden?.deletedWith !== undefined) return [];
    return [
      violation(new Field(undefined, ".options.deletedWith"), "must name the machine the command runs on"),
    ];
  },
};
