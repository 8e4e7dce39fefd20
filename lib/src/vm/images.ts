import type { ImageName, VmNodeConfig } from "../config/types";

/** Architectures by the names of uname(1). */
export const ARCHITECTURES = ["x86_64", "aarch64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Where an image comes from and what its bytes are; exactly one of url and path. */
export interface ImageSource {
  readonly url?: string;
  readonly path?: string;
  readonly digest: ImageDigest;
}

export interface ImageDigest {
  readonly algorithm: "sha256" | "sha512";
  /** Lower-case hex. */
  readonly hex: string;
}

interface PublishedImage {
  readonly url: (architecture: "amd64" | "arm64") => string;
  readonly algorithm: ImageDigest["algorithm"];
  readonly amd64: string;
  readonly arm64: string;
}

/**
 * Dated builds, so that the same name is the same bytes. Debian publishes SHA-512 only (SHA512SUMS beside each build),
 * Ubuntu SHA-256 (SHA256SUMS). Both remove old builds after a while: then name a newer one by url and digest, or place the
 * file where the driver's error says.
 */
const images: Readonly<Record<ImageName, PublishedImage>> = {
  "debian-12": {
    url: (arch) =>
      `https://cloud.debian.org/images/cloud/bookworm/20260923-2610/debian-12-genericcloud-${arch}-20260923-2610.qcow2`,
    algorithm: "sha512",
    amd64:
      "3d94c9dd66d8a283fde060b8810373b7ae04038b956ee00d553d1ae564f6fbdeaa2fd6e7404e87e53348b5a9509170f3ea7c0731ba737590c5c4cb8d559a47f8",
    arm64:
      "89a752d5c7d8e88bee39a57d88d496cca574f7d1e8df5df7a169825435f99feb11ed13ab27ec7bee96fe1584be4ff9479358fbca6cc859efa109f4aba18724c8",
  },
  "debian-13": {
    url: (arch) =>
      `https://cloud.debian.org/images/cloud/trixie/20260712-2537/debian-13-genericcloud-${arch}-20260712-2537.qcow2`,
    algorithm: "sha512",
    amd64:
      "7ae53e9dbee282bfc16f289dec483dde3a8598769c38a267948310f7a2a52c662620198603bc52c142627efba379863d16079698a10b34102d55bcedd40e8d32",
    arm64:
      "8543d795f2fde630eb66c492f245a8c1da19dedc636e0a8e7b3d0f95920e1a05aa911ef2d82d177d41cc53ced5fccbd2a3945d07fa5e15018914c4d864bb07ed",
  },
  "ubuntu-24.04": {
    url: (arch) =>
      `https://cloud-images.ubuntu.com/releases/noble/release-20260615/ubuntu-24.04-server-cloudimg-${arch}.img`,
    algorithm: "sha256",
    amd64: "5fa5b05e5ec239858c4531485d6023b0896448c2df7c63b34f8dae6ea6051a44",
    arm64: "cafa1a965b591b7c4184b484ffd8e625981a79d48f9b4ae8a4adf7b4c5ade927",
  },
};

/** The source of a machine's image for each architecture its hypervisor may have. */
export function imageSources(image: VmNodeConfig["image"]): Readonly<Record<Architecture, ImageSource>> {
  if (typeof image !== "string") {
    const { url, path, sha256, sha512 } = image;
    const digest: ImageDigest =
      sha256 === undefined
        ? { algorithm: "sha512", hex: sha512 ?? "" }
        : { algorithm: "sha256", hex: sha256 };
    const source = { ...(url !== undefined && { url }), ...(path !== undefined && { path }), digest };
    return { x86_64: source, aarch64: source };
  }
  const { url, algorithm, amd64, arm64 } = images[image];
  return {
    x86_64: { url: url("amd64"), digest: { algorithm, hex: amd64 } },
    aarch64: { url: url("arm64"), digest: { algorithm, hex: arm64 } },
  };
}
