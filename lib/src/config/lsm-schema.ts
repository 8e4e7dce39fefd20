import * as z from "zod";
import { LSM_DEPTH, LSM_MAX_RULES, LSM_NAME, LSM_PATH, LSM_TYPE } from "../lsm-maps";
import { isHostLabel } from "../names";
import { prefixFault } from "../prefix";
import { chooseKey, closed, oneOf, text, whole } from "./fields";
import { LSM_KINDS } from "./types";

/** The shape of one policy of `bpf.lsm`. */

const rules = <Item extends z.ZodType>(item: Item, what: string) =>
  z.array(item, { error: `write a list of ${what}` }).max(LSM_MAX_RULES / 2, {
    error: `list at most ${String(LSM_MAX_RULES / 2)} ${what}; name folders instead`,
  });

const cleanPath = /^\/(?!.*(\/\/|\/\.\.?(\/|$)))[^\n]+$/;

const fileOrFolder = text(
  `write a full path without links, . and .. of at most ${String(LSM_PATH - 1)} bytes; a folder with all below it ends in /`,
  (value) => cleanPath.test(value) && Buffer.byteLength(value) < LSM_PATH,
);
const file = text("write the full path of one file, without a / at its end", (value) =>
  /^\/(?!.*(\/\/|\/\.\.?(\/|$)))[^\n]*[^/\n]$/.test(value),
);
const cgroup = text(
  `write a cgroup below the root, like /system.slice/nginx.service, of at most ${String(LSM_DEPTH)} levels`,
  (value) =>
    /^(\/[^/\n]+)+$/.test(value) &&
    !/\/\.\.?(\/|$)/.test(value) &&
    value.split("/").length - 1 <= LSM_DEPTH &&
    value.split("/").every((name) => Buffer.byteLength(name) < LSM_NAME),
);

const shared = {
  name: text("write lower-case letters, digits, - and _, at most 63 characters, a letter first", (value) =>
    /^[a-z][a-z0-9_-]{0,62}$/.test(value),
  ),
  node: text("write the name of a node", isHostLabel),
  scope: rules(cgroup, "cgroups").default([]),
  exempt: rules(cgroup, "cgroups").default([]),
};

const connectRule = closed({
  to: z
    .string({ error: "write a network like 203.0.113.0/24 or 2001:db8::/32" })
    .superRefine((value, context) => {
      const fault = prefixFault(value);
      if (fault !== undefined) context.addIssue(`it ${fault}`);
    }),
  port: z.exactOptional(whole(1, 65_535, "the port")),
  action: oneOf(["deny", "allow"]).default("deny"),
});

export const lsmSchema = z.discriminatedUnion(
  "kind",
  [
    closed({
      kind: z.literal("exec"),
      ...shared,
      list: oneOf(["deny", "allow"]).default("deny"),
      files: rules(fileOrFolder, "files and folders").default([]),
      digests: rules(
        text("write the fs-verity digest as 64 lower-case hex digits (fsverity measure shows it)", (value) =>
          /^[0-9a-f]{64}$/.test(value),
        ),
        "digests",
      ).default([]),
    }),
    closed({
      kind: z.literal("file"),
      ...shared,
      files: rules(closed({ path: fileOrFolder, access: oneOf(["write", "any"]).default("write") }), "files"),
    }),
    closed({
      kind: z.literal("connect"),
      ...shared,
      list: oneOf(["deny", "allow"]).default("deny"),
      rules: rules(connectRule, "rules"),
    }),
    closed({
      kind: z.literal("kill"),
      ...shared,
      files: rules(file, "files").default([]),
      cgroups: rules(cgroup, "cgroups").default([]),
    }),
    closed({
      kind: z.literal("mount"),
      ...shared,
      types: rules(
        text(
          `write a file system type of at most ${String(LSM_TYPE - 1)} characters, or bind, remount or move`,
          (value) => new RegExp(`^[a-z0-9_.-]{1,${String(LSM_TYPE - 1)}}$`).test(value),
        ),
        "types",
      ).default([]),
      folders: rules(file, "folders").default([]),
    }),
  ],
  { error: ({ input }) => chooseKey(input, "kind", LSM_KINDS, "write an object with name, node and kind") },
);
