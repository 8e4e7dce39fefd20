/** The config of one stack: its types, its parser and what goes with them. Everything else under `config/` is how. */
export * from "./config/types";
export { CONFIG_KEYS, CONFIG_NAMESPACE, isConfigKey, type ConfigKey } from "./config/keys";
export { ConfigError, problemLine, type ConfigProblem } from "./config/problem";
export { POD_CIDR } from "./config/check-network";
export { SERVICE_CIDR } from "./k3s/data-plane";
export { parseConfig } from "./config/parse";
export { readStackFile } from "./config/stack-file";
