import * as pulumi from "@pulumi/pulumi";

/** One registered resource: what mocks see, and the options that they hide. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  options: RecordedOptions;
}

export interface RecordedOptions {
  readonly parent: string;
  readonly deletedWith: string;
  readonly deleteBeforeReplace: boolean;
  readonly additionalSecretOutputs: readonly string[];
  readonly dependencies: readonly string[];
}

/** The part of a registration request that holds options; the SDK does not publish its type. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDeletedwith(): string;
  getDeletebeforereplace(): boolean;
  getAdditionalsecretoutputsList(): string[];
  getDependenciesList(): string[];
}

interface Monitor {
  registerResource(request: Request, ...rest: unknown[]): unknown;
}

/** How the engine wraps a secret on its way to a provider. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** Puts mocks in place that answer from a table and record every resource with its options. */
export async function recordResources(
  outputs: (type: string, name: string) => Record<string, unknown>,
): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  const options = new Map<string, RecordedOptions>();
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => {
      const found = options.get(`${type} ${name}`);
      if (!found) throw new Error(`no options were recorded for ${type} ${name}`);
      recorded.push({ type, name, inputs: inputs as Record<string, unknown>, options: found });
      return { id: `${name}-id`, state: { ...(inputs as object), ...outputs(type, name) } };
    },
    call: () => ({}),
  };
  // Named, because test files may share a process, and its stack's name with it.
  await pulumi.runtime.setMocks(mocks, "project", "stack");
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    options.set(`${request.getType()} ${request.getName()}`, {
      parent: request.getParent(),
      deletedWith: request.getDeletedwith(),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      dependencies: request.getDependenciesList(),
    });
    return register(request, ...rest);
  };
  return recorded;
}

/** The value under a secret's envelope; undefined when the input was not a secret. */
export function secretValue(input: unknown): unknown {
  const envelope = input as Record<string, unknown> | undefined;
  return envelope?.[SECRET] === undefined ? undefined : envelope.value;
}

/** The value of an output, once it is known. */
export function settled<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
