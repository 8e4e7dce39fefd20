/**
 * The tiers of `npm test`, in the order they run: cheap and general first, real machines last.
 *
 * `limitSeconds` bounds a tier whose cases hang; it is several times what the tier takes on two cores, other tiers beside it.
 * `soakFactor` stretches that limit in a soak run. `live` says what is printed while a tier runs: `failures` for
 * thousands of quick cases, `cases` for few slow ones. With `byFile`, the files run as
 * jobs of their own, side by side: each has a stack of its own.
 *
 * @typedef {{ name: string, about: string, folder: string, except?: string, limitSeconds: number,
 *   soakFactor: number, live: "failures" | "cases", byFile?: boolean }} MochaTier
 */

/** @type {MochaTier[]} */
export const mochaTiers = [
  {
    name: "unit",
    about: "pure code with properties, components under Pulumi mocks",
    folder: "test/unit",
    limitSeconds: 900,
    soakFactor: 20,
    live: "failures",
  },
  {
    name: "policy",
    about: "every policy rule with passing and failing resources",
    folder: "test/policy",
    limitSeconds: 900,
    soakFactor: 4,
    live: "failures",
  },
  {
    name: "kernel",
    about: "compiler, verifier and JIT of this kernel, packets through BPF programs",
    folder: "test/bpf",
    limitSeconds: 1800,
    soakFactor: 10,
    live: "cases",
  },
  {
    name: "contract",
    about: "provider plugins, official or stand-in, against one table",
    folder: "test/engine/contract",
    limitSeconds: 1800,
    soakFactor: 4,
    live: "cases",
  },
  {
    name: "node",
    about: "nspawn nodes with real systemd and sshd, faults injected",
    folder: "test/node",
    limitSeconds: 2400,
    soakFactor: 6,
    live: "cases",
  },
  {
    name: "engine",
    about: "the real Pulumi engine: up, drift, kill and resume, destroy",
    folder: "test/engine",
    except: "test/engine/contract",
    limitSeconds: 2400,
    soakFactor: 6,
    live: "cases",
    byFile: true,
  },
  {
    name: "cluster",
    about: "a real kube-apiserver accepts every object the program makes",
    folder: "test/cluster",
    limitSeconds: 2700,
    soakFactor: 2,
    live: "cases",
  },
  {
    name: "vm",
    about: "an emulated guest: LSM policies deny, a reboot restores, objects on another kernel",
    folder: "test/vm",
    limitSeconds: 1800,
    soakFactor: 4,
    live: "cases",
  },
];

/** The tier of static checks; it has no test files. */
export const lintTier = {
  name: "lint",
  about: "types, rules, format and forbidden text",
  limitSeconds: 1200,
};

/** Names of all tiers, in order. */
export const tierNames = [lintTier.name, ...mochaTiers.map((tier) => tier.name)];
