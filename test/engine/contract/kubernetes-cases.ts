import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as kubernetes from "@pulumi/kubernetes";
import { secret, type CustomResource, type CustomResourceOptions } from "@pulumi/pulumi";
import { parse } from "yaml";
import type { ContractCase } from "./case.js";

const rendered = mkdtempSync(join(tmpdir(), "contract-kubernetes-"));

process.once("exit", () => {
  rmSync(rendered, { recursive: true, force: true });
});

/** Renders to files: the only way in which the official provider makes objects without a cluster. */
function files(name: string): CustomResourceOptions {
  const args = { renderYamlToDirectory: join(rendered, name), enableServerSideApply: true };
  return { provider: new kubernetes.Provider(`${name}-provider`, args) };
}

/** The only file of a row's folder, parsed. */
function manifest(name: string): unknown {
  const folder = join(rendered, name, "1-manifest");
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder);
  if (names.length === 0) return undefined;
  assert.equal(names.length, 1, names.join(", "));
  return parse(readFileSync(join(folder, String(names[0])), "utf8"));
}

function member(path: string): (value: unknown) => unknown {
  return (value) =>
    path.split(".").reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

const named = { name: "fixed", namespace: "apps" };

function deployment(image: string, app: string, extra: object = {}) {
  return (name: string): CustomResource =>
    new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata: { ...named, ...extra },
        spec: {
          selector: { matchLabels: { app } },
          template: { metadata: { labels: { app } }, spec: { containers: [{ name: "main", image }] } },
        },
      },
      files(name),
    );
}

export const kubernetesCases: ContractCase[] = [
  {
    name: "config-map",
    rounds: [
      {
        make: (name) =>
          new kubernetes.core.v1.ConfigMap(name, { metadata: named, data: { a: "1" } }, files(name)),
        operation: "create",
        outputs: { id: "apps/fixed", data: { a: "1" }, kind: "ConfigMap", apiVersion: "v1" },
        clear: ["data", "metadata"],
        known: ["data", "kind"],
        probe: () => member("data.a")(manifest("config-map")),
        probed: "1",
      },
      {
        // Data is changed by a new object, unless the provider is told otherwise.
        make: (name) =>
          new kubernetes.core.v1.ConfigMap(name, { metadata: named, data: { a: "2" } }, files(name)),
        operation: "replace",
        changed: ["data.a"],
      },
      {
        make: (name) =>
          new kubernetes.core.v1.ConfigMap(
            name,
            { metadata: { ...named, labels: { tier: "one" } }, data: { a: "2" } },
            files(name),
          ),
        operation: "update",
        changed: ["metadata.labels"],
        probe: () => member("metadata.labels.tier")(manifest("config-map")),
        probed: "one",
      },
    ],
    deleted: { probe: () => manifest("config-map"), probed: undefined },
  },
  {
    name: "autonamed",
    rounds: [
      {
        make: (name) =>
          new kubernetes.core.v1.Service(name, { spec: { ports: [{ port: 80 }] } }, files(name)),
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
        make: (name) =>
          new kubernetes.core.v1.Service(name, { spec: { ports: [{ port: 81 }] } }, files(name)),
        operation: "update",
        changed: ["spec.ports[0].port"],
        outputs: { id: /^autonamed-[0-9a-f]{8}$/ },
      },
      {
        make: (name) =>
          new kubernetes.core.v1.Service(name, { spec: { ports: [{ port: 81 }] } }, files(name)),
        operation: "same",
      },
    ],
  },
  {
    name: "deployment",
    rounds: [
      { make: deployment("image:1", "one"), operation: "create", outputs: { id: "apps/fixed" } },
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
            { metadata: named, stringData: { token: secret("value") } },
            files(name),
          ),
        secret: ["stringData"],
        clear: ["metadata", "kind"],
        probe: () => member("stringData.token")(manifest("secret")),
        probed: "value",
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
            files(name),
          ),
        outputs: { id: "apps/allow-dns", kind: "CiliumNetworkPolicy" },
        probe: () => member("apiVersion")(manifest("custom")),
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
            files(name),
          ),
        operation: "replace",
        changed: ["metadata.name"],
        outputs: { id: "apps/allow-all" },
      },
    ],
  },
];
