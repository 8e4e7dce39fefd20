import type { Stage } from "@ebpf-platform/lib/config/types";
import type { Level } from "../rule";
import type { Agent } from "./agents";

/** One accepted breach of one rule by named resources, until a date. */
export interface Waiver {
  readonly rule: string;
  /** Name of the resource, or of the Kubernetes object as `namespace/name`. */
  readonly resource: string;
  /** Why it is accepted and what makes it safe meanwhile; at least 20 characters. */
  readonly reason: string;
  /** The last day it holds, as `YYYY-MM-DD`; at most one year ahead. */
  readonly expires: string;
}

/** What a stage allows by name. An entry is an exact name unless it says otherwise. */
export interface AllowLists {
  /** Hosts one logs in to as root. */
  readonly rootHosts: readonly string[];
  /** Where images may come from: a registry, or a registry and a path. */
  readonly registries: readonly string[];
  /** Where charts may come from: an https or oci address. */
  readonly chartRepositories: readonly string[];
  /** Workloads that talk to the API server, as `namespace/name`. */
  readonly tokenUsers: readonly string[];
  /** Services that are reachable from outside, as `namespace/name`. */
  readonly exposedServices: readonly string[];
  /** Kubernetes Secrets the program may write, as `namespace/name`. */
  readonly secrets: readonly string[];
  /** Namespaces of agents, which may enforce less than the restricted level. */
  readonly privilegedNamespaces: readonly string[];
  /** Subjects that may be cluster-admin, as `ServiceAccount:namespace/name`, `Group:name` or `User:name`. */
  readonly clusterAdmins: readonly string[];
  /** Workloads that need the host, each with the rules it is exempt from. */
  readonly agents: readonly Agent[];
}

export interface StagePolicy {
  readonly stage: Stage;
  /** Levels that differ from the rule's own. */
  readonly levels: Readonly<Record<string, Level>>;
  readonly allow: AllowLists;
  readonly waivers: readonly Waiver[];
}
