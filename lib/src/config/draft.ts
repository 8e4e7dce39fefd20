import type * as z from "zod";
import type { PreparationConfig } from "./preparation";
import { describeValue, keyPath, type ConfigProblem } from "./problem";
import type {
  bpfSchema,
  clusterSchema,
  hypervisorSchema,
  loadBalancerSchema,
  networkSchema,
  nodeSchema,
} from "./schema";
import type { chartsSchema, ciliumSchema } from "./schema-platform";
import type { trafficSplitSchema } from "./split-schema";
import type {
  BpfProgramConfig,
  AlertingConfig,
  GitopsConfig,
  GuardConfig,
  LsmConfig,
  PlatformParts,
  ReleaseReference,
  SshConfig,
  Stage,
  TetragonConfig,
  VipConfig,
} from "./types";

export type NodeDraft = z.output<typeof nodeSchema>;

/**
 * A config between shape and cross checks. A part whose shape is wrong is undefined and already reported; list elements
 * keep their index, so that the checks of the rest still name the right key.
 */
export interface Draft {
  readonly stack: string;
  readonly stage: Stage | undefined;
  readonly release: ReleaseReference | undefined;
  readonly network: z.output<typeof networkSchema> | undefined;
  readonly ssh: SshConfig | undefined;
  readonly nodes: readonly (NodeDraft | undefined)[];
  readonly hypervisor: z.output<typeof hypervisorSchema> | undefined;
  /** Names of all nodes, those with another fault included, so that one slip is not reported as many. */
  readonly nodeNames: readonly string[];
  readonly preparation: PreparationConfig | undefined;
  readonly bpf: z.output<typeof bpfSchema> | undefined;
  readonly programs: readonly (BpfProgramConfig | undefined)[];
  readonly guards: readonly (GuardConfig | undefined)[];
  /** The programs as they were written, for what this version does not parse. */
  readonly rawPrograms: readonly unknown[];
  readonly lsm: readonly (LsmConfig | undefined)[];
  /** The LSM policies as they were written: where they would run is judged even when another key is wrong. */
  readonly rawLsm: readonly unknown[];
  readonly loadBalancer: z.output<typeof loadBalancerSchema> | undefined;
  readonly vips: readonly (VipConfig | undefined)[];
  /** Undefined also where the key is absent. */
  readonly trafficSplit: z.output<typeof trafficSplitSchema> | undefined;
  readonly cluster: z.output<typeof clusterSchema> | undefined;
  readonly platform: PlatformParts | undefined;
  /** Undefined also where the key is absent. */
  readonly cilium: z.output<typeof ciliumSchema> | undefined;
  readonly tetragon: TetragonConfig | undefined;
  readonly charts: z.output<typeof chartsSchema> | undefined;
  /** Undefined also where the key is absent. */
  readonly gitops: GitopsConfig | undefined;
  readonly alerting: AlertingConfig | undefined;
  readonly secrets: readonly string[] | undefined;
}

/** Takes a problem: the key's path, what was found (a value, or `Words` of ours) and the fix. */
export type Report = (path: readonly PropertyKey[], found: unknown, fix: string) => void;

/** The elements that are there, each with its index. */
export function present<T>(list: readonly (T | undefined)[]): [number, T][] {
  return list.flatMap((element, index) => (element === undefined ? [] : [[index, element] as [number, T]]));
}

/** Collects problems in the order they are found. */
export class ProblemList {
  public readonly problems: ConfigProblem[] = [];

  public readonly report: Report = (path, found, fix) => {
    this.problems.push({ key: keyPath(path), found: describeValue(found), fix });
  };

  /** The value of a part in its typed shape; undefined when it has problems, which are then in the list. */
  public read<Schema extends z.ZodType>(
    schema: Schema,
    value: unknown,
    path: readonly PropertyKey[],
  ): z.output<Schema> | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const at = [...path, ...issue.path];
      if (issue.code !== "unrecognized_keys") {
        this.report(at, valueAt(value, issue.path), issue.message);
        continue;
      }
      const fixes = issue.message.split("\n");
      issue.keys.forEach((key, index) => {
        this.report(
          [...at, key],
          valueAt(value, [...issue.path, key]),
          fixes[index] ?? "no such key; remove it",
        );
      });
    }
    return undefined;
  }

  /** The elements of a list, each read by itself. */
  public readList<Schema extends z.ZodType>(
    schema: Schema,
    value: unknown,
    path: readonly PropertyKey[],
  ): (z.output<Schema> | undefined)[] {
    const list: unknown[] = Array.isArray(value) ? value : [];
    return list.map((element, index) => this.read(schema, element, [...path, index]));
  }
}

/** What stands under a path, or undefined. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
}
