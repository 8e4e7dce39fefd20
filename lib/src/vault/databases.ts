import * as z from "zod";
import { isHostLabel } from "../names";

const label = (what: string) =>
  z.string().refine(isHostLabel, { error: `write ${what} as an RFC 1123 label` });

/** A PostgreSQL server for which Vault makes users on demand. */
const database = z.strictObject({
  name: label("the name"),
  /** Host name or address, as Vault reaches it. */
  host: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, "write a host name or an address"),
  port: z.int().min(1).max(65_535).default(5432),
  database: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "write the database's name"),
  /** The user that may make others. */
  user: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "write the user's name"),
  /** File with its password; read when Vault does not have it yet. */
  passwordFile: z.string().min(1),
  sslmode: z.enum(["disable", "require", "verify-ca", "verify-full"]).default("verify-full"),
  /** Whether Vault logs in before it accepts the settings. */
  verify: z.boolean().default(true),
  roles: z
    .array(
      z.strictObject({
        name: label("the role's name"),
        /** PostgreSQL privileges on all tables of schema `public`. */
        grants: z.array(z.enum(["SELECT", "INSERT", "UPDATE", "DELETE"])).min(1),
        ttlSeconds: z.int().min(60).max(86_400).default(3600),
      }),
    )
    .min(1),
});

/** The file that `platform vault bootstrap --databases` takes. */
export const databasesSchema = z.strictObject({ databases: z.array(database) });
export type VaultDatabase = z.infer<typeof database>;
