import * as z from "zod";
import { closed, flag, ipv4, oneOf, text, whole } from "./fields";
import { connectionSchema } from "./connection-schema";
import { ACCELERATIONS, IMAGE_NAMES, PROFILES, REACHES, VM_NETWORKS } from "./types";

/** The keys of virtual machines and of where they run. */

const hex = (digits: number, what: string) =>
  text(`write ${what} as ${String(digits)} lower-case hex digits`, (value) =>
    new RegExp(`^[0-9a-f]{${String(digits)}}$`).test(value),
  );
const sha256 = hex(64, "the SHA-256");
/** Shells, XML and URIs take these characters as they are. */
const absolutePath = text("write an absolute path of letters, digits, and . _ - + between slashes", (value) =>
  /^(\/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$/.test(value),
);

const bootSchema = closed({
  kernel: absolutePath,
  kernelSha256: sha256,
  initrd: absolutePath,
  initrdSha256: sha256,
  arguments: text("write the kernel's arguments on one line of at most 2000 printable characters", (value) =>
    /^[\x20-\x7e]{1,2000}$/.test(value),
  ),
});

const oneOfTwo = (a: unknown, b: unknown): boolean => (a === undefined) !== (b === undefined);

const ownImageSchema = closed({
  url: z.exactOptional(
    text("write a URL like https://cloud.debian.org/….qcow2", (value) =>
      /^https:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._~%+-]+)+$/.test(value),
    ),
  ),
  path: z.exactOptional(absolutePath),
  sha256: z.exactOptional(sha256),
  sha512: z.exactOptional(hex(128, "the SHA-512")),
  boot: z.exactOptional(bootSchema),
}).superRefine((image, context) => {
  if (!oneOfTwo(image.url, image.path)) context.addIssue("write exactly one of url and path");
  if (!oneOfTwo(image.sha256, image.sha512))
    context.addIssue("write the digest its publisher gives: exactly one of sha256 and sha512");
});

/** An image by name, or one of one's own; a union has no words of its own for the rules between keys. */
const imageSchema = z.union([oneOf(IMAGE_NAMES), ownImageSchema], {
  error: ({ input }) =>
    (typeof input === "object" ? ownImageSchema.safeParse(input).error?.issues[0]?.message : undefined) ??
    `choose one of ${IMAGE_NAMES.join(", ")}, or write an object with url or path and sha256`,
});

export const vmKeys = {
  profile: oneOf(PROFILES).default("standard"),
  cpu: z.exactOptional(whole(1, 256, "the number of CPUs")),
  memoryMiB: z.exactOptional(whole(512, 4_194_304, "the memory in MiB")),
  diskGiB: z.exactOptional(whole(1, 65_536, "the disk in GiB")),
  image: imageSchema.default("debian-12"),
  packages: z
    .array(
      text("write a Debian package's name (deb-control(5)): lower-case letters, digits, + - .", (value) =>
        /^[a-z0-9][a-z0-9+.-]{1,100}$/.test(value),
      ),
      { error: "write a list of packages" },
    )
    .default([]),
  autostart: flag().default(true),
};

export const hypervisorSchema = closed({
  connection: z.exactOptional(connectionSchema),
  uri: text("write a libvirt URI of the hypervisor itself, like qemu:///system", (value) =>
    /^qemu(\+unix)?:\/\/\/(system|session)(\?socket=(\/[A-Za-z0-9._+-]+)+)?$/.test(value),
  ).default("qemu:///system"),
  folder: absolutePath.default("/var/lib/ebpf-platform/vm"),
  accel: oneOf(ACCELERATIONS).default("auto"),
  network: oneOf(VM_NETWORKS).default("nat"),
  dns: z.array(ipv4("the name server"), { error: "write a list of IPv4 addresses" }).default([]),
  reach: z.exactOptional(oneOf(REACHES)),
});
