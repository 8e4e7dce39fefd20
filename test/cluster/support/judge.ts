import { setTimeout as delay } from "node:timers/promises";
import type { Answer, ApiServer } from "./api-server";
import { kindsOf } from "./kinds";
import { titleOf, type KubeObject } from "./objects";

interface Served {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** What a server said to a set of objects. */
export interface Verdicts {
  readonly accepted: readonly KubeObject[];
  /** One sentence each. */
  readonly refused: readonly string[];
  /** Objects of kinds that this server does not know: neither accepted nor refused. */
  readonly notJudged: readonly KubeObject[];
  /** Warnings of the server, with the object they are about. */
  readonly warnings: readonly string[];
}

/** Applies objects to a server and keeps what it says. */
export class Judge {
  private readonly kinds = new Map<string, ReadonlyMap<string, Served>>();

  constructor(private readonly server: ApiServer) {}

  /** Applies definitions of kinds and waits until the server serves them. Throws when it refuses one, with its reason. */
  async define(definitions: readonly KubeObject[]): Promise<void> {
    for (const definition of definitions) {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
      const answer = await this.server.apply(path, definition);
      if (!isGood(answer)) throw new Error(`${titleOf(definition)}: ${reasonOf(answer)}`);
    }
    const deadline = Date.now() + 60_000;
    for (const { apiVersion, kind } of definitions.flatMap(kindsOf)) {
      while (!(await this.served(apiVersion, true)).has(kind)) {
        if (Date.now() > deadline) throw new Error(`${apiVersion} ${kind} is not served after 60 s.`);
        await delay(100);
      }
    }
  }

  /**
   * Applies all objects, namespaces first.
   * @param namespace that of objects which name none, as Helm gives it to those of a chart
   */
  async accept(objects: readonly KubeObject[], namespace = "default"): Promise<Verdicts> {
    const accepted: KubeObject[] = [];
    const refused: string[] = [];
    const notJudged: KubeObject[] = [];
    const warnings: string[] = [];
    for (const object of inOrder(objects)) {
      const answer = await this.apply(object, namespace);
      if (answer === undefined) {
        notJudged.push(object);
        continue;
      }
      if (isGood(answer)) accepted.push(object);
      else refused.push(`${titleOf(object)}: ${reasonOf(answer)}`);
      warnings.push(...answer.warnings.map((text) => `${titleOf(object)}: ${text}`));
    }
    return { accepted, refused, notJudged, warnings };
  }

  /** The server's answer, or undefined for a kind that it does not know. */
  async apply(object: KubeObject, namespace = "default"): Promise<Answer | undefined> {
    const path = await this.pathOf(object, namespace);
    if (path === undefined) return undefined;
    // A webhook that is in force would be called, and nothing answers it.
    return this.server.apply(path, object, { dryRun: object.kind.endsWith("WebhookConfiguration") });
  }

  /** Deletes all but namespaces, which only a controller can end, and definitions, whose kinds others need. */
  async remove(objects: readonly KubeObject[], namespace = "default"): Promise<void> {
    for (const object of objects.filter(({ kind }) => !kept.includes(kind))) {
      const answer = await this.server.delete((await this.pathOf(object, namespace)) ?? "");
      if (!isGood(answer) && answer.status !== 404)
        throw new Error(`deleting ${titleOf(object)}: ${reasonOf(answer)}`);
    }
  }

  private async pathOf(
    { apiVersion, kind, metadata }: KubeObject,
    namespace: string,
  ): Promise<string | undefined> {
    const served = (await this.served(apiVersion)).get(kind);
    if (served === undefined) return undefined;
    const place = served.namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : "";
    return `${rootOf(apiVersion)}${place}/${served.plural}/${metadata.name}`;
  }

  /** The kinds of a version by name, as the server's discovery has them. */
  private async served(apiVersion: string, again = false): Promise<ReadonlyMap<string, Served>> {
    const known = this.kinds.get(apiVersion);
    if (known !== undefined && !again) return known;
    const answer = await this.server.get(rootOf(apiVersion));
    if (!isGood(answer) && answer.status !== 404) throw new Error(`${apiVersion}: ${reasonOf(answer)}`);
    const { body } = answer;
    const resources = (body["resources"] ?? []) as { name: string; kind: string; namespaced: boolean }[];
    const found = new Map(
      resources
        .filter(({ name }) => !name.includes("/")) // subresources
        .map(({ name, kind, namespaced }): [string, Served] => [kind, { plural: name, namespaced }]),
    );
    this.kinds.set(apiVersion, found);
    return found;
  }
}

const kept = ["Namespace", "CustomResourceDefinition"];

const rootOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

export const isGood = ({ status }: Answer): boolean => status >= 200 && status < 300;

export function reasonOf({ status, body }: Answer): string {
  return `${String(status)} ${typeof body["message"] === "string" ? body["message"] : JSON.stringify(body)}`;
}

function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  const isNamespace = ({ kind }: KubeObject): boolean => kind === "Namespace";
  return [...objects.filter(isNamespace), ...objects.filter((object) => !isNamespace(object))];
}
