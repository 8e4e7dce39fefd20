import assert from "node:assert/strict";
import {
  choosePlugins,
  pinnedProviders,
  type PluginProbes,
  type Provider,
} from "../../../../cli/engine/plugins";

const versions = new Map<Provider, string>([
  ["command", "1.2.1"],
  ["random", "4.21.2"],
  ["tls", "5.6.1"],
  ["kubernetes", "4.34.2"],
]);

function probes(changes: Partial<PluginProbes>): PluginProbes & { tried: string[] } {
  const tried: string[] = [];
  const base: PluginProbes = {
    present: () => false,
    install: () => Promise.resolve("no such host"),
    recentFailure: () => undefined,
    ...changes,
  };
  return {
    ...base,
    tried,
    install: (provider, version, reachable) => {
      tried.push(provider);
      return base.install(provider, version, reachable);
    },
  };
}

const kinds = (choices: { kind: string }[]) => choices.map(({ kind }) => kind);

describe("provider plugins", () => {
  it("keeps what is present and tries no download", async () => {
    const all = probes({ present: () => true });
    assert.deepEqual(kinds((await choosePlugins(versions, all)).choices), Array(4).fill("official"));
    assert.deepEqual(all.tried, []);
  });

  it("gives up after one blocked download and remembers all of them", async () => {
    const blocked = probes({});
    const { choices, failures } = await choosePlugins(versions, blocked);
    assert.deepEqual(kinds(choices), Array(4).fill("stand-in"));
    assert.deepEqual(blocked.tried, ["command"]);
    assert.deepEqual(
      [...failures.keys()],
      ["command-1.2.1", "random-4.21.2", "tls-5.6.1", "kubernetes-4.34.2"],
    );
  });

  it("does not try again what failed today", async () => {
    const today = probes({ recentFailure: () => "no such host" });
    assert.deepEqual(kinds((await choosePlugins(versions, today)).choices), Array(4).fill("stand-in"));
    assert.deepEqual(today.tried, []);
  });

  it("goes on after a failure that is not the network's", async () => {
    const one = probes({ install: (provider) => Promise.resolve(provider === "random" ? "403" : undefined) });
    const { choices, failures } = await choosePlugins(versions, one);
    assert.deepEqual(kinds(choices), ["official", "stand-in", "official", "official"]);
    assert.deepEqual([...failures], [["random-4.21.2", "403"]]);
  });

  it("reads the pinned versions from package.json and misses none", () => {
    const dependencies = Object.fromEntries(
      [...versions].map(([name, version]) => [`@pulumi/${name}`, version]),
    );
    assert.deepEqual(pinnedProviders(JSON.stringify({ dependencies })), versions);
    assert.throws(() => pinnedProviders(JSON.stringify({ dependencies: {} })), /pins no @pulumi\/command/);
  });
});
