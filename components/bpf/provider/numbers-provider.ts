import { assignNumbers, type LbNumbers } from "@ebpf-platform/lib/lb-numbers";
import type { dynamic } from "@pulumi/pulumi";
import { z } from "zod";
import { hasUnknown, inputFailures, SCHEMA_VERSION } from "./inputs";

type Bag = Record<string, unknown>;

const numbersInputs = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** Identities, unique; their order says nothing. */
  vips: z.array(z.string()),
  backends: z.array(z.string()),
});
type NumbersInputs = z.infer<typeof numbersInputs>;

/** Numbers of VIPs and backends that stay what they are from update to update: the state of the stack remembers them. */
export const numbersProvider: Required<Omit<dynamic.ResourceProvider, "configure">> = {
  check: (_olds: Bag, news: Bag) =>
    Promise.resolve({ inputs: news, failures: inputFailures(numbersInputs, news) }),

  diff: (_id: string, olds: Bag, news: Bag) =>
    Promise.resolve({
      changes: hasUnknown(news) || identities(olds) !== identities(news),
      replaces: [],
    }),

  create: (news: Bag) => Promise.resolve({ id: "numbers", outs: numbered(news) }),

  update: (_id: string, olds: Bag, news: Bag) => Promise.resolve({ outs: numbered(news, olds.numbers) }),

  /** They are nowhere but in the state. */
  read: (id: string, props?: Bag) => Promise.resolve({ id, props: props ?? {} }),

  delete: () => Promise.resolve(),
};

/** @param previous what the last call put into `numbers` */
function numbered(news: Bag, previous?: unknown): Bag {
  const { schemaVersion, vips, backends } = parse(news);
  const before = typeof previous === "string" ? (JSON.parse(previous) as LbNumbers) : undefined;
  // As text: the free places are null, which a property of the state cannot be.
  return { schemaVersion, vips, backends, numbers: JSON.stringify(assignNumbers(vips, backends, before)) };
}

function parse({ __provider: _serialized, numbers: _output, ...plain }: Bag): NumbersInputs {
  return numbersInputs.parse(plain);
}

function identities(bag: Bag): string {
  const { schemaVersion, vips, backends } = parse(bag);
  return JSON.stringify([schemaVersion, [...vips].sort(), [...backends].sort()]);
}
