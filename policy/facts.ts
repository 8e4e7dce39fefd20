import type { Field } from "./field";

/** The resource options that CrossGuard shows. `deletedWith`, hooks and `replaceOnChanges` are not among them. */
export interface ResourceOptions {
  readonly protect: boolean;
  readonly deleteBeforeReplace?: boolean;
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly aliases: readonly string[];
}

/** Options the engine does not show to policies; known only where resources were recorded by a test. */
export interface HiddenOptions {
  readonly deletedWith?: string;
  readonly retainOnDelete?: boolean;
  readonly replaceOnChanges: readonly string[];
  readonly hooks: readonly string[];
}

/** One resource as rules see it, whether it comes from the engine, from a manifest or from a recording. */
export interface ResourceFacts {
  /** For example `command:remote:Command` or `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  readonly name: string;
  /** The URN, or `file#document` for a manifest. */
  readonly urn: string;
  /** Types of the components around it, outermost first. */
  readonly parentTypes: readonly string[];
  /** Inputs; for a stack rule, outputs over inputs. */
  readonly props: Field;
  readonly options: ResourceOptions;
  /** Present in recordings only. */
  readonly hidden?: HiddenOptions;
  readonly provider?: { readonly type: string; readonly name: string; readonly props: Field };
  /** URNs, known to stack rules only. */
  readonly dependencies?: readonly string[];
}

export const defaultOptions: ResourceOptions = {
  protect: false,
  ignoreChanges: [],
  additionalSecretOutputs: [],
  aliases: [],
};

/** The component types around a resource, read from its URN (`urn:pulumi:stack::project::outer$inner$type::name`). */
export function parentTypesOf(urn: string): readonly string[] {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.split("$").slice(0, -1);
}

/** The first resource of every stack: what concerns the whole config is judged on it, before anything is touched. */
export const isStack = (resource: ResourceFacts): boolean => resource.type === "pulumi:pulumi:Stack";

/** A virtual machine's component, whatever makes it. */
export const isVirtualMachine = (resource: ResourceFacts): boolean =>
  /^ebpf-platform:node:(Libvirt|Multipass)Machine$/.test(resource.type);

const holders = [
  "random:index/randomPassword:RandomPassword",
  "kubernetes:core/v1:PersistentVolumeClaim",
  "kubernetes:core/v1:PersistentVolume",
  "ebpf-platform:rollout:Ledger",
];

/** What cannot be made again: machines with their disks, tokens, volumes, the ledger. */
export const isDataHolder = (resource: ResourceFacts): boolean =>
  holders.includes(resource.type) || isVirtualMachine(resource);
