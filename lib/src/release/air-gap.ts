import type { PlatformConfig } from "../config/types";
import { neededCharts } from "./check";
import type { Architecture, Digest } from "./lock";

/** One file of an air-gap folder. */
export interface AirGapFile {
  /** Place below the folder; the layout is that of `platform release create --artifacts`. */
  readonly path: string;
  readonly what: string;
  readonly source: AirGapSource;
  /** SHA-256 of the release's lock; undefined where the lock never had the bytes in hand. */
  readonly sha256?: string;
}

/** Where a file and, without a lock's digest, its digest come from. */
export type AirGapSource =
  | {
      readonly kind: "file";
      readonly url: string;
      /** A list in the form of sha256sum(1) in the same place, and the file's name in it. */
      readonly list: string;
      readonly name: string;
    }
  | {
      readonly kind: "chart";
      /** A Helm repository: its index.yaml names the archive and its digest. */
      readonly repository: string;
      readonly chart: string;
      readonly version: string;
    };

/** What a release says of the parts that come from outside; a lock's or, for `release: workspace`, the pins'. */
export interface AirGapRelease {
  readonly k3s: { readonly version: string; readonly binaries?: Readonly<Record<Architecture, Digest>> };
  readonly charts: Readonly<
    Record<string, { readonly version: string; readonly repository: string; readonly archive?: Digest }>
  >;
}

const K3S_RELEASES = "https://github.com/k3s-io/k3s/releases/download";

/** What must lie in the folder so that the stack comes up where nothing can be fetched, in a fixed order. */
export function airGapFiles(
  config: PlatformConfig,
  release: AirGapRelease,
  architecture: Architecture,
): AirGapFile[] {
  const kind = config.cluster.kind;
  const k3s = kind === "k3s" || kind === "join" ? k3sFiles(release.k3s, architecture) : [];
  const charts = neededCharts(config).flatMap((chart): AirGapFile[] => {
    const pinned = release.charts[chart];
    if (!pinned) return [];
    const { version, repository, archive } = pinned;
    return [
      {
        path: `charts/${chart}-${version}.tgz`,
        what: `chart ${chart} ${version}`,
        source: { kind: "chart", repository, chart, version },
        ...known(archive),
      },
    ];
  });
  return [...k3s, ...charts];
}

function k3sFiles({ version, binaries }: AirGapRelease["k3s"], architecture: Architecture): AirGapFile[] {
  const base = `${K3S_RELEASES}/${encodeURIComponent(version)}`;
  const file = (name: string, path: string, what: string): AirGapFile => ({
    path: `k3s/${version}/${path}`,
    what,
    source: { kind: "file", url: `${base}/${name}`, list: `${base}/sha256sum-${architecture}.txt`, name },
  });
  // The binary for amd64 has no architecture in its published name.
  const published = architecture === "amd64" ? "k3s" : `k3s-${architecture}`;
  const images = `k3s-airgap-images-${architecture}.tar.zst`;
  return [
    {
      ...file(published, `k3s-${architecture}`, `k3s ${version} for ${architecture}`),
      ...known(binaries?.[architecture]),
    },
    file(images, images, `the images of k3s ${version} for ${architecture}`),
  ];
}

function known(digest: Digest | undefined): { sha256?: string } {
  return digest === undefined || digest.sha256 === null ? {} : { sha256: digest.sha256 };
}

/** Where a file is asked for first: what has to be reachable for it. */
export function hostOf({ source }: AirGapFile): string {
  return new URL(source.kind === "file" ? source.url : source.repository).host;
}

/** What is known of a file when a stack is about to come up. */
export interface AirGapState {
  readonly file: AirGapFile;
  /** SHA-256 of what lies in the folder; undefined where nothing does. */
  readonly found?: string;
  /** The file's host answers from this machine. */
  readonly reachable: boolean;
}

/** One sentence for each file that can neither be fetched nor is in the folder as it must be; empty when all is there. */
export function airGapProblems(stack: string, folder: string, states: readonly AirGapState[]): string[] {
  return states.flatMap(({ file, found, reachable }) => {
    if (found !== undefined && (file.sha256 === undefined || found === file.sha256)) return [];
    const digest = file.sha256 === undefined ? "" : ` (SHA-256 ${file.sha256})`;
    const place = `${folder}/${file.path}`;
    if (found !== undefined) {
      return [
        `Stack ${stack} needs ${file.what}${digest}, and ${place} has SHA-256 ${found}; replace it, or take it away where ${hostOf(file)} can be reached.`,
      ];
    }
    if (reachable) return [];
    return [
      `Stack ${stack} needs ${file.what}${digest}, ${hostOf(file)} cannot be reached from here, and ${place} is not there; place it, as \`platform fetch --for ${stack}\` does on a connected machine.`,
    ];
  });
}

/** The text of SHA256SUMS, as `sha256sum --check` reads it: sorted by path. */
export function renderSums(sums: Readonly<Record<string, string>>): string {
  return Object.entries(sums)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sha256]) => `${sha256}  ${path}\n`)
    .join("");
}
