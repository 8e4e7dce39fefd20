import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as kubernetes from "@pulumi/kubernetes";
import {
  runtime,
  secret,
  type CustomResource,
  type CustomResourceOptions,
  type Resource,
} from "@pulumi/pulumi";
import { parse } from "yaml";
import type { ContractCase } from "./case.js";

const rendered = mkdtempSync(join(tmpdir(), "contract-kubernetes-"));

process.once("exit", () => {
  rmSync(rendered, { recursive: true, force: true });
});

const providers = new WeakMap<Resource, kubernetes.Provider>();

/** Renders to files: the only way in which the official provider makes objects without a cluster. */
function files(): CustomResourceOptions {
  const stack = runtime.getStackResource();
  assert.ok(stack, "the program has no stack");
  const known = providers.get(stack);
  const provider = known ?? new kubernetes.Provider("files", { renderYamlToDirectory: rendered });
  providers.set(stack, provider);
  return { provider };
}

/** The file of an object in the namespace `apps`, parsed. */
function manifest(type: string, name: string): unknown {
  const file = join(rendered, "1-manifest", `${type}-apps-${name}.yaml`);
  return existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined;
}

function member(path: string): (value: unknown) => unknown {
  return (value) =>
    path.split(".").reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

const named = (name: string) => ({ name, namespace: "apps" });

function deployment(image: string, app: string, extra: object = {}) {
  return (name: string): CustomResource =>
    new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata: { ...named("web"), ...extra },
        spec: {
          selector: { matchLabels: { app } },
          template: { metadata: { labels: { app } }, spec: { containers: [{ name: "main", image }] } },
        },
      },
      files(),
    );
}

export const kubernetesCases: ContractCase[] = [
  {
    name: "config-map",
    rounds: [
      {
        make: (name) =>
          new kubernetes.core.v1.ConfigMap(name, { metadata: named("map"), data: { a: "1" } }, files()),
        operation: "create",
        outputs: { id: "apps/map", data: { a: "1" }, kind: "ConfigMap", apiVersion: "v1" },
        clear: ["data", "metadata"],
        known: ["data", "kind"],
        probe: () => member("data.a")(manifest("v1-configmap", "map")),
        probed: "1",
      },
      {
        // Data is changed by a new object, unless the provider is told otherwise.
        make: (name) =>
          new kubernetes.core.v1.ConfigMap(name, { metadata: named("map"), data: { a: "2" } }, files()),
        operation: "replace",
        changed: ["data.a"],
      },
      {
        make: (name) =>
          new kubernetes.core.v1.ConfigMap(
            name,
            { metadata: { ...named("map"), labels: { tier: "one" } }, data: { a: "2" } },
            files(),
          ),
        operation: "update",
        changed: ["metadata.labels"],
        probe: () => member("metadata.labels.tier")(manifest("v1-configmap", "map")),
        probed: "one",
      },
    ],
    deleted: { probe: () => manifest("v1-configmap", "map"), probed: undefined },
  },
  {
    name: "autonamed",
    rounds: [
      {
        make: (name) => new kubernetes.core.v1.Service(name, { spec: { ports: [{ port: 80 }] } }, files()),
        outputs: {
          id: /^autonamed-[0-9a-f]{8}$/,
          metadata: (value: unknown) => {
            assert.match(String(member("name")(value)), /^autonamed-[0-9a-f]{8}$/);
            const annotations = member("annotations")(value) as Record<string, string>;
            assert.equal(annotations["pulumi.com/autonamed"], "true");
          },
        },
      },
      {
        make: (name) => new kubernetes.core.v1.Service(name, { spec: { ports: [{ port: 81 }] } }, files()),
        operation: "update",
        changed: ["spec.ports[0].port"],
        outputs: { id: /^autonamed-[0-9a-f]{8}$/ },
      },
      {
        make: (name) => new kubernetes.core.v1.Service(name, { spec: { ports: [{ port: 81 }] } }, files()),
        operation: "same",
      },
    ],
  },
  {
    name: "deployment",
    rounds: [
      { make: deployment("image:1", "one"), operation: "create", outputs: { id: "apps/web" } },
      {
        make: deployment("image:2", "one"),
        operation: "update",
        changed: ["spec.template.spec.containers[0].image"],
      },
      {
        make: deployment("image:2", "two"),
        operation: "replace",
        changed: ["spec.selector.matchLabels.app", "spec.template.metadata.labels.app"],
      },
    ],
  },
  {
    name: "secret",
    rounds: [
      {
        make: (name) =>
          new kubernetes.core.v1.Secret(
            name,
            { metadata: named("keys"), stringData: { token: secret("value") } },
            files(),
          ),
        // Its texts become data, as an API server would make it.
        secret: ["data"],
        clear: ["metadata", "kind"],
        probe: () => [
          member("data.token")(manifest("v1-secret", "keys")),
          member("stringData")(manifest("v1-secret", "keys")),
        ],
        probed: ["dmFsdWU=", undefined],
      },
    ],
  },
  {
    name: "custom",
    rounds: [
      {
        make: (name) =>
          new kubernetes.apiextensions.CustomResource(
            name,
            {
              apiVersion: "cilium.io/v2",
              kind: "CiliumNetworkPolicy",
              metadata: { name: "allow-dns", namespace: "apps" },
              spec: { endpointSelector: {} },
            },
            files(),
          ),
        outputs: { id: "apps/allow-dns", kind: "CiliumNetworkPolicy" },
        probe: () => member("apiVersion")(manifest("cilium.io_v2-ciliumnetworkpolicy", "allow-dns")),
        probed: "cilium.io/v2",
      },
      {
        make: (name) =>
          new kubernetes.apiextensions.CustomResource(
            name,
            {
              apiVersion: "cilium.io/v2",
              kind: "CiliumNetworkPolicy",
              metadata: { name: "allow-all", namespace: "apps" },
              spec: { endpointSelector: {} },
            },
            files(),
          ),
        operation: "replace",
        changed: ["metadata.name"],
        outputs: { id: "apps/allow-all" },
      },
    ],
  },
];
