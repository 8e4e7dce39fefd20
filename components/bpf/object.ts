import * as pulumi from "@pulumi/pulumi";
import { storeCached } from "./build-cache";
import { BuildError } from "./build-script";
import { buildObject, bundleSource } from "./object-build";

export interface BpfObjectArgs {
  /** Source without its ending: `bpf/<source>.bpf.c`. */
  readonly source: string;
  /** `once`: built here, the bytes are shipped; `node`: each node builds with its own toolchain. Default `once`. */
  readonly build?: "once" | "node";
  /** More flags for clang, `once` only. Default none. */
  readonly flags?: readonly string[];
}

/**
 * One BPF source and the object made of it.
 *
 * The build is a pure function of source, headers, flags and compiler, cached by their hash, and runs while the program
 * runs, in previews too. It is no resource with a life of its own: a resource's outputs are unknown in a preview, and a
 * preview has to say which program on which node gets another object. What comes out is content-addressed, so a second
 * run finds the same hash and changes nothing.
 */
export class BpfObject extends pulumi.ComponentResource {
  readonly source: string;
  readonly build: "once" | "node";
  /** SHA-256 over the source and the headers it includes. */
  readonly sourceSha256: string;
  /** SHA-256 of the object; undefined with `build: node`. */
  readonly sha256: string | undefined;
  /** The object on this machine; undefined with `build: node`. Never in state: it depends on the checkout. */
  readonly path: string | undefined;
  /** Compiler, as it names itself; undefined with `build: node`. */
  readonly compiler: string | undefined;
  /** Files that a node builds from, by path below `bpf/` and hash; empty with `build: once`. */
  readonly sources: readonly { readonly path: string; readonly sha256: string }[];

  constructor(name: string, args: BpfObjectArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:bpf:Object", name, {}, opts);
    this.source = args.source;
    this.build = args.build ?? "once";
    try {
      if (this.build === "once") {
        const built = buildObject(args.source, args.flags);
        this.sourceSha256 = built.sourceSha256;
        this.sha256 = built.sha256;
        this.path = built.path;
        this.compiler = built.compiler;
        this.sources = [];
      } else {
        const bundle = bundleSource(args.source);
        this.sourceSha256 = bundle.sourceSha256;
        this.sources = bundle.files.map(({ path, text }) => ({
          path,
          sha256: storeCached(Buffer.from(text)),
        }));
      }
    } catch (error) {
      // Whole sentences with the compiler's words: no stack of ours helps anybody who wrote C.
      throw error instanceof BuildError ? new pulumi.RunError(error.message) : error;
    }
    this.registerOutputs({
      source: this.source,
      sha256: this.sha256,
      sourceSha256: this.sourceSha256,
      compiler: this.compiler,
    });
  }
}
