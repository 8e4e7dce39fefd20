import { judgeAccess, judgeAdmission, type DryRunAnswer } from "@ebpf-platform/lib/verify/admission";
import {
  accessCases,
  admissionCases,
  benignAccess,
  benignPod,
  type AccessCase,
} from "@ebpf-platform/lib/verify/admission-cases";
import { fail, pass, notRun, type CheckResult, type Outcome } from "@ebpf-platform/lib/verify/result";
import { z } from "zod";
import { getObject, postObject, RefusedError } from "../../components/cluster/provider/kube-api";
import type { ApiServer } from "../../components/cluster/provider/kubeconfig";
import { messageOf } from "../failure";

export interface ClusterArgs {
  readonly server: ApiServer;
  readonly stage: string;
  /** Where the pods of the dry runs would be. */
  readonly namespace: string;
}

type Check = Omit<CheckResult, "outcome" | "seconds">;

async function timed(check: Check, ask: () => Promise<Outcome>): Promise<CheckResult> {
  const started = Date.now();
  let outcome: Outcome;
  try {
    outcome = await ask();
  } catch (error) {
    outcome = notRun(messageOf(error));
  }
  return { ...check, outcome, seconds: (Date.now() - started) / 1000 };
}

/** Readiness of the API server, and every case of the threat table that a dry run or a review can try. Creates nothing. */
export async function checkCluster({ server, stage, namespace }: ClusterArgs): Promise<CheckResult[]> {
  const ready = await timed(
    { id: "cluster.ready", group: "cluster", title: "every node of the cluster is ready", subject: "" },
    () => nodesReady(server),
  );
  const benign = await dryRun(server, namespace, benignPod);
  const admission = admissionCases.map((one) =>
    timed(
      {
        id: `threat.escape.${one.id}`,
        group: "security",
        title: `a pod with ${one.offence} is refused (${one.technique})`,
        subject: namespace,
      },
      async () => judgeAdmission(stage, await dryRun(server, namespace, one.pod), benign),
    ),
  );
  const anyone = await review(server, namespace, benignAccess);
  const access = accessCases.map((one) =>
    timed(
      {
        id: `threat.credentials.${one.id}`,
        group: "security",
        title: `${one.user} may not ${one.verb} ${[one.resource, one.subresource].filter(Boolean).join("/")} (${one.technique})`,
        subject: namespace,
      },
      async () => judgeAccess(await review(server, namespace, one), anyone),
    ),
  );
  return [ready, ...(await Promise.all([...admission, ...access]))];
}

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

async function nodesReady(server: ApiServer): Promise<Outcome> {
  let found;
  try {
    found = await getObject(server, "/api/v1/nodes");
  } catch (error) {
    if (error instanceof RefusedError) return notRun(error.message);
    return fail(messageOf(error), "see k3s on the server: journalctl -u k3s");
  }
  const nodes = nodeList.parse(found).items;
  if (nodes.length === 0) return notRun("the cluster has no node");
  const unready = nodes
    .filter(
      ({ status }) => !status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
    )
    .map(({ metadata }) => metadata.name);
  return unready.length === 0
    ? pass(`${String(nodes.length)} of ${String(nodes.length)}`)
    : fail(`not ready: ${unready.join(", ")}`, "see kubectl describe node there");
}

const statusObject = z.object({ message: z.string().default("") });

async function dryRun(server: ApiServer, namespace: string, pod: object): Promise<DryRunAnswer> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?dryRun=All`;
  const { status, body, warnings } = await postObject(server, path, pod);
  const said = statusObject.safeParse(body);
  return { status, message: status >= 400 && said.success ? said.data.message : "", warnings };
}

const reviewed = z.object({ status: z.object({ allowed: z.boolean() }) });

async function review(
  server: ApiServer,
  namespace: string,
  { user, groups, verb, group, resource, subresource }: AccessCase,
): Promise<boolean | undefined> {
  const { body } = await postObject(server, "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user,
      groups,
      resourceAttributes: { namespace, verb, group, resource, ...(subresource ? { subresource } : {}) },
    },
  });
  const parsed = reviewed.safeParse(body);
  return parsed.success ? parsed.data.status.allowed : undefined;
}
