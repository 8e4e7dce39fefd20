import { isDeepStrictEqual } from "node:util";
import { PREPARED, type PreparationPlan } from "@ebpf-platform/lib/node-preparation";
import type { NodeConnection } from "../connection";
import { prepareNode, readPreparation, unprepareNode, type PreparedState } from "./prepare-node";
import { offline, quiet } from "./quiet";
import { hasUnknown } from "./unknown";

/** Inputs of a node's preparation, as they stand in state. */
export interface PreparationInputs {
  readonly node: string;
  /** Another value for another machine under the same name. */
  readonly instance: string;
  readonly connection: NodeConnection;
  readonly plan: PreparationPlan;
  /** `prepared`; `read` puts the drift in its place, so that the preview shows it in words. */
  readonly status: string;
}
type Outputs = PreparationInputs & PreparedState;

/** Inputs that decide what the node has to be; another connection changes nothing there. */
const APPLIED = ["instance", "plan", "status"] as const;

/** CRUD of one node's preparation. The class in ../preparation.ts only loads this. */
export const preparationProvider = {
  diff: (_id: string, olds: Outputs, news: PreparationInputs) => {
    const differs = (key: keyof PreparationInputs): boolean =>
      hasUnknown(news[key]) || !isDeepStrictEqual(olds[key], news[key]);
    return Promise.resolve({
      changes: APPLIED.some(differs) || differs("connection"),
      replaces: [],
      deleteBeforeReplace: true,
    });
  },

  create: (inputs: PreparationInputs) =>
    quiet(async () => ({ id: inputs.node, outs: await outputsOf(inputs, prepareNode) })),

  update: (_id: string, olds: Outputs, news: PreparationInputs) =>
    quiet(async () => {
      const changed = APPLIED.some((key) => !isDeepStrictEqual(olds[key], news[key]));
      return { outs: await outputsOf(news, changed ? prepareNode : readPreparation) };
    }),

  read: (id: string, props: Outputs) =>
    quiet(async () => {
      if (hasUnknown(props) || offline()) return { id, props };
      const outs = await outputsOf(inputsOf(props), readPreparation);
      return { id, props: outs, inputs: { ...inputsOf(outs), status: outs.status } };
    }),

  delete: (_id: string, props: Outputs) => quiet(() => unprepareNode(props)),
};

async function outputsOf(inputs: PreparationInputs, work: typeof prepareNode): Promise<Outputs> {
  return { ...inputs, ...(await work(inputs, inputs.plan)) };
}

function inputsOf({ node, instance, connection, plan }: Outputs): PreparationInputs {
  return { node, instance, connection, plan, status: PREPARED };
}
