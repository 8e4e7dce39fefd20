import { z } from "zod";
import { isObject, reveal, type Property } from "../provider/property";

const endpointSchema = z.object({
  user: z.string().default("root"),
  password: z.string().optional(),
  host: z.string(),
  port: z.number().default(22),
  privateKey: z.string().optional(),
  privateKeyPassword: z.string().optional(),
  agentSocketPath: z.string().optional(),
  /** -1: no limit. */
  dialErrorLimit: z.number().default(10),
  /** Seconds for the TCP connection of one dial; 0: no limit. The SSH handshake after it has none. */
  perDialTimeout: z.number().default(15),
  hostKey: z.string().optional(),
});

const connectionSchema = endpointSchema.extend({ proxy: endpointSchema.optional() });

export type Endpoint = z.infer<typeof endpointSchema>;
export type Connection = z.infer<typeof connectionSchema>;

export function parseConnection(value: Property | undefined): Connection {
  return connectionSchema.parse(reveal(value ?? null));
}

/** The hosts that a connection goes to: the node and, if there is one, its proxy. */
export function hostsOf(value: Property | undefined): string[] {
  const plain = reveal(value ?? null);
  if (!isObject(plain)) return [];
  const hosts = [plain.host, isObject(plain.proxy) ? plain.proxy.host : undefined];
  return hosts.filter((host) => typeof host === "string");
}
