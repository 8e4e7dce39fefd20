/** Metrics as data: what each product exports, and the check of a PromQL expression against it. */
export { readMetricList, readMetricsPage, type Metric, type MetricList } from "./metrics/list";
export { queryFaults, queryNames, type QueryNames, type Selector } from "./metrics/query";
