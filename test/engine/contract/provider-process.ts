import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CheckRequest, ConfigureRequest, type CheckResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/**
 * A provider process without an engine around it. An engine ends its run at the first refused input, so that a table
 * of them would need a run for each row; the provider itself answers as often as it is asked.
 */
export class ProviderProcess {
  private constructor(
    private readonly process: ChildProcess,
    private readonly engine: grpc.Server,
    private readonly client: ResourceProviderClient,
  ) {}

  static async start(executable: string): Promise<ProviderProcess> {
    const engine = new grpc.Server();
    engine.addService(EngineService, {
      log: (_call: unknown, callback: grpc.sendUnaryData<Empty>) => {
        callback(null, new Empty());
      },
    });
    const enginePort = await new Promise<number>((resolve, reject) => {
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(port);
      });
    });
    const child = spawn(executable, [`127.0.0.1:${String(enginePort)}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await firstLine(child, executable);
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const made = new ProviderProcess(child, engine, client);
    await made.configure();
    return made;
  }

  /** What is wrong with the inputs, as one text; empty if nothing. */
  async check(type: string, name: string, inputs: Record<string, JavaScriptValue>): Promise<string> {
    const request = new CheckRequest();
    request.setUrn(`urn:pulumi:contract::contract::${type}::${name}`);
    request.setName(name);
    request.setType(type);
    request.setOlds(new Struct());
    request.setNews(Struct.fromJavaScript(inputs));
    const answer = await new Promise<CheckResponse | grpc.ServiceError>((resolve) => {
      this.client.check(request, (error, response) => {
        resolve(error ?? response);
      });
    });
    if (answer instanceof Error) return answer.details;
    return answer
      .getFailuresList()
      .map((failure) => `${failure.getProperty()}: ${failure.getReason()}`)
      .join("\n");
  }

  stop(): void {
    this.client.close();
    this.engine.forceShutdown();
    this.process.kill();
  }

  private configure(): Promise<void> {
    const request = new ConfigureRequest();
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    return new Promise((resolve, reject) => {
      this.client.configure(request, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

async function firstLine(child: ChildProcess, executable: string): Promise<string> {
  if (!child.stdout) throw new Error(`${executable} has no standard output`);
  for await (const line of createInterface({ input: child.stdout })) return line.trim();
  throw new Error(`${executable} ended before it told its port`);
}
