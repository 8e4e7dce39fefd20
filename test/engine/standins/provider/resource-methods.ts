import * as grpc from "@grpc/grpc-js";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { EngineLog } from "./engine-log";
import { equal, isObject, withoutNulls, type Property, type PropertyMap } from "./property";
import type { CheckFailure, Difference, ResourceCall, ResourceKind, StandIn } from "./stand-in";

/** Says in one sentence why a change is refused, or nothing. */
export interface Refusals {
  stack(urn: string): string | undefined;
  hosts(urn: string, hosts: string[]): string | undefined;
}

type Unary<Request, Response> = grpc.handleUnaryCall<Request, Response>;

/** The provider side of the engine's protocol (proto/pulumi/provider.proto) over a `StandIn`. */
export class ResourceMethods {
  private announced = false;
  private readonly cancellation = new AbortController();

  constructor(
    private readonly standIn: StandIn,
    private log: EngineLog,
    private readonly refusals: Refusals,
  ) {}

  implementation(): grpc.UntypedServiceImplementation {
    const unimplemented = Object.fromEntries(
      ["handshake", "parameterize", "call", "construct", "getMapping", "getMappings"].map((name) => [
        name,
        unary<unknown, Empty>(() => {
          throw new Unimplemented(name);
        }),
      ]),
    );
    return {
      ...unimplemented,
      list: (call: grpc.ServerWritableStream<unknown, unknown>) => {
        call.emit("error", new Unimplemented("list"));
      },
      getSchema: unary((_request: rpc.GetSchemaRequest) => this.schema()),
      getPluginInfo: unary((_request: Empty) => new PluginInfo().setVersion(this.standIn.version)),
      attach: unary((request: { getAddress(): string }) => {
        this.log = EngineLog.connect(request.getAddress());
        return new Empty();
      }),
      cancel: unary((_request: Empty) => {
        this.cancellation.abort();
        return new Empty();
      }),
      checkConfig: unary((request: rpc.CheckRequest) => this.checkConfig(request)),
      diffConfig: unary((request: rpc.DiffRequest) => this.diffConfig(request)),
      configure: unary((request: rpc.ConfigureRequest) => this.configure(request)),
      invoke: unary((request: rpc.InvokeRequest) => this.invoke(request)),
      check: unary((request: rpc.CheckRequest) => this.check(request)),
      diff: unary((request: rpc.DiffRequest) => this.diff(request)),
      create: unary((request: rpc.CreateRequest) => this.create(request)),
      read: unary((request: rpc.ReadRequest) => this.read(request)),
      update: unary((request: rpc.UpdateRequest) => this.update(request)),
      delete: unary((request: rpc.DeleteRequest) => this.delete(request)),
    };
  }

  private schema(): rpc.GetSchemaResponse {
    const { name, version } = this.standIn;
    const response = new rpc.GetSchemaResponse();
    response.setSchema(JSON.stringify({ name, version, provider: {}, resources: {}, functions: {} }));
    return response;
  }

  private checkConfig(request: rpc.CheckRequest): rpc.CheckResponse {
    const inputs = properties(request.getNews());
    const checked = this.standIn.checkConfig?.(inputs) ?? { inputs, failures: [] };
    return checkResponse(checked.inputs, checked.failures);
  }

  private diffConfig(request: rpc.DiffRequest): rpc.DiffResponse {
    const call = {
      oldInputs: properties(request.getOldInputs()),
      state: properties(request.getOlds()),
      inputs: properties(request.getNews()),
    };
    const unchanged = equal(call.oldInputs, call.inputs);
    return diffResponse(this.standIn.diffConfig?.(call) ?? { changes: !unchanged, detailed: {} });
  }

  private async configure(request: rpc.ConfigureRequest): Promise<rpc.ConfigureResponse> {
    if (!this.announced) {
      this.announced = true;
      const { name, version } = this.standIn;
      await this.log.line(
        "warning",
        `stand-in for the official Pulumi provider "${name}" ${version}: ` +
          `it previews any stack and changes only stacks whose machines are all nspawn nodes`,
      );
    }
    const variables = Object.fromEntries(request.getVariablesMap().getEntryList());
    this.standIn.configure?.(variables, properties(request.getArgs()));
    const response = new rpc.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setAcceptresources(true);
    response.setSupportspreview(true);
    return response;
  }

  private async invoke(request: rpc.InvokeRequest): Promise<rpc.InvokeResponse> {
    const token = request.getTok();
    if (!this.standIn.invoke) throw new Error(this.unknown("function", token));
    const { log, cancellation } = this;
    const args = properties(request.getArgs());
    const result = await this.standIn.invoke({ token, args, log, cancelled: cancellation.signal });
    const response = new rpc.InvokeResponse();
    response.setReturn(struct(result.outputs));
    response.setFailuresList(result.failures.map(checkFailure));
    return response;
  }

  private async check(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
    const call = this.call(request.getUrn());
    const { inputs, failures } = await this.kind(call.type).check({
      ...call,
      oldInputs: properties(request.getOlds()),
      inputs: properties(request.getNews()),
      randomSeed: request.getRandomseed_asU8(),
    });
    return checkResponse(inputs, failures);
  }

  private diff(request: rpc.DiffRequest): rpc.DiffResponse {
    const call = this.call(request.getUrn());
    return diffResponse(this.kind(call.type).diff({ ...call, ...changed(request) }));
  }

  private async create(request: rpc.CreateRequest): Promise<rpc.CreateResponse> {
    const call = this.call(request.getUrn());
    const kind = this.kind(call.type);
    const inputs = properties(request.getProperties());
    const preview = request.getPreview();
    if (!preview) this.refuse(call.urn, kind, inputs);
    const { id, outputs } = await kind.create({ ...call, ...this.limit(request), inputs, preview });
    return new rpc.CreateResponse().setId(id).setProperties(struct(outputs));
  }

  private async update(request: rpc.UpdateRequest): Promise<rpc.UpdateResponse> {
    const call = this.call(request.getUrn());
    const kind = this.kind(call.type);
    const preview = request.getPreview();
    const change = changed(request);
    if (!preview) this.refuse(call.urn, kind, change.inputs);
    const outputs = await kind.update({ ...call, ...this.limit(request), ...change, preview });
    return new rpc.UpdateResponse().setProperties(struct(outputs));
  }

  private async read(request: rpc.ReadRequest): Promise<rpc.ReadResponse> {
    const call = this.call(request.getUrn());
    const kind = this.kind(call.type);
    const current = {
      id: request.getId(),
      state: properties(request.getProperties()),
      inputs: properties(request.getInputs()),
    };
    const found = kind.read ? await kind.read({ ...call, ...current }) : current;
    const response = new rpc.ReadResponse();
    if (!found) return response; // an empty id tells the engine that the resource is gone
    return response.setId(found.id).setProperties(struct(found.state)).setInputs(struct(found.inputs));
  }

  private async delete(request: rpc.DeleteRequest): Promise<Empty> {
    const call = this.call(request.getUrn());
    const state = properties(request.getProperties());
    await this.kind(call.type).delete({ ...call, ...this.limit(request), id: request.getId(), state });
    return new Empty();
  }

  /** The end of an operation: the engine's cancellation or the `customTimeouts` of the resource, in seconds. */
  private limit(request: { getTimeout(): number }): { cancelled: AbortSignal } {
    const seconds = request.getTimeout();
    const ends = [this.cancellation.signal, ...(seconds > 0 ? [AbortSignal.timeout(seconds * 1000)] : [])];
    return { cancelled: AbortSignal.any(ends) };
  }

  private refuse(urn: string, kind: ResourceKind, inputs: PropertyMap): void {
    const reason = this.refusals.stack(urn) ?? this.refusals.hosts(urn, kind.hosts?.(inputs) ?? []);
    if (reason === undefined) return;
    const { name, version } = this.standIn;
    throw new Error(
      `the stand-in for provider "${name}" ${version} refuses to change anything here: ${reason}`,
    );
  }

  private kind(type: string): ResourceKind {
    const kind = this.standIn.kind(type);
    if (!kind) throw new Error(this.unknown("resource type", type));
    return kind;
  }

  private unknown(what: string, token: string): string {
    const { name, version } = this.standIn;
    return `the stand-in for provider "${name}" ${version} has no ${what} ${token}; install the official provider`;
  }

  private call(urn: string): ResourceCall {
    const [, , typePath = "", ...name] = urn.replace(/^urn:pulumi:/, "").split("::");
    return {
      urn,
      type: typePath.split("$").at(-1) ?? "",
      name: name.join("::"),
      log: this.log.for(urn),
      cancelled: this.cancellation.signal,
    };
  }
}

class Unimplemented extends Error {
  readonly code = grpc.status.UNIMPLEMENTED;

  constructor(method: string) {
    super(`a stand-in does not implement ${method}`);
  }
}

function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
): Unary<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          const code = error instanceof Unimplemented ? error.code : grpc.status.UNKNOWN;
          callback({ code, details: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

function properties(values: Struct | undefined): PropertyMap {
  const plain = values?.toJavaScript() as Property | undefined;
  return isObject(plain) ? withoutNulls(plain) : {};
}

function struct(values: PropertyMap): Struct {
  return Struct.fromJavaScript(withoutNulls(values));
}

function changed(request: rpc.DiffRequest | rpc.UpdateRequest) {
  return {
    id: request.getId(),
    oldInputs: properties(request.getOldInputs()),
    state: properties(request.getOlds()),
    inputs: properties(request.getNews()),
  };
}

function checkFailure({ property, reason }: CheckFailure): rpc.CheckFailure {
  return new rpc.CheckFailure().setProperty(property).setReason(reason);
}

function checkResponse(inputs: PropertyMap, failures: CheckFailure[]): rpc.CheckResponse {
  return new rpc.CheckResponse().setInputs(struct(inputs)).setFailuresList(failures.map(checkFailure));
}

const KINDS = {
  add: [rpc.PropertyDiff.Kind.ADD, rpc.PropertyDiff.Kind.ADD_REPLACE],
  update: [rpc.PropertyDiff.Kind.UPDATE, rpc.PropertyDiff.Kind.UPDATE_REPLACE],
  delete: [rpc.PropertyDiff.Kind.DELETE, rpc.PropertyDiff.Kind.DELETE_REPLACE],
} as const;

function diffResponse(difference: Difference): rpc.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = rpc.DiffResponse.DiffChanges;
  const entries = Object.entries(difference.detailed);
  const response = new rpc.DiffResponse();
  response.setChanges(difference.changes ? DIFF_SOME : DIFF_NONE);
  response.setDeletebeforereplace(difference.deleteBeforeReplace ?? false);
  response.setDiffsList(topLevel(entries));
  response.setReplacesList(topLevel(entries.filter(([, change]) => change.replace)));
  if (difference.namesOnly === true) return response;
  response.setHasdetaileddiff(true);
  for (const [path, change] of entries) {
    const detail = new rpc.PropertyDiff();
    detail.setKind(KINDS[change.kind][change.replace ? 1 : 0]);
    response.getDetaileddiffMap().set(path, detail);
  }
  return response;
}

function topLevel(changes: [path: string, change: unknown][]): string[] {
  return [...new Set(changes.map(([path]) => path.split(/[.[]/)[0] ?? path))];
}
