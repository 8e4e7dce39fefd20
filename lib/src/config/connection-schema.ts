import * as z from "zod";
import { isUserName } from "../names";
import { closed, text, whole } from "./fields";
import type { ConnectionConfig } from "./types";

/** How a machine is reached, and how secrets are named. */

export const secretName = text(
  "write the name of an entry of the key secrets (letters, digits, - and _), not the secret itself",
  (value) => /^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(value),
);

export const sshSchema = closed({
  user: text(
    "write a login name: lower-case letters, digits, - and _, at most 32 characters",
    isUserName,
  ).default("root"),
});

const connectionShape = {
  host: text("write the machine's host name or address", (value) =>
    /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/.test(value),
  ),
  port: whole(1, 65535, "the port").default(22),
  user: sshSchema.shape.user,
  hostKey: text(
    "write the host's ed25519 public key: ssh-ed25519 AAAA… (ssh-keyscan -t ed25519 <host>, compared on its console)",
    (value) => /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/.test(value),
  ),
  privateKeySecret: secretName,
};
export const connectionSchema: z.ZodType<ConnectionConfig> = closed({
  ...connectionShape,
  get proxy() {
    return z.exactOptional(connectionSchema);
  },
});
