/** Charts as data: which keys each knows, values in layers, and the check of one against the other. */
export { checkValues, type ValueProblem } from "./charts/check-values";
export { exceptions, type Exception } from "./charts/exceptions";
export { mergeKeys, OTHERS, writePath, type ChartKeys, type KeyNode, type KeyTable } from "./charts/key-tree";
export { kubernetesShape } from "./charts/kubernetes-shapes";
export { isValues, mergeValues, type ChartValues } from "./charts/merge-values";
export { withSchema } from "./charts/schema-keys";
export { secretValues } from "./charts/secret-values";
export { keysOfValues } from "./charts/values-keys";
