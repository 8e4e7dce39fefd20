import * as z from "zod";
import { chooseKey, closed, stackReference, text } from "./fields";
import { interfaceName, nodeReference, programName, slot, sourceName } from "./schema";
import { SPLIT_KINDS } from "./types";

/** A share of another stack's traffic. */
export const trafficSplitSchema = z.discriminatedUnion(
  "by",
  [
    closed({
      by: z.literal("backend"),
      stack: stackReference("the stack with the load balancer"),
      vip: text("write the VIP as 198.18.10.100:80/tcp", (value) =>
        /^\d+\.\d+\.\d+\.\d+:\d+\/(tcp|udp)$/.test(value),
      ),
    }),
    closed({
      by: z.literal("program"),
      stack: stackReference("the stack with the program"),
      node: nodeReference,
      program: programName,
      source: sourceName,
      interface: interfaceName,
      slot,
    }),
  ],
  { error: ({ input }) => chooseKey(input, "by", SPLIT_KINDS, "write an object with the key by") },
);
