import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { refusalForHosts, refusalForStack } from "../nspawn/refusal";
import { EngineLog } from "./engine-log";
import { ResourceMethods } from "./resource-methods";
import type { StandIn } from "./stand-in";

// The engine sends and takes messages of this size (rpcutil.GrpcChannelOptions of pulumi/pulumi).
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Serves a stand-in to the engine that started this process: `main.js [flags] <engine address>`. */
export async function serve(standIn: StandIn): Promise<void> {
  const log = EngineLog.connect(engineAddress(process.argv.slice(2)));
  const methods = new ResourceMethods(standIn, log, {
    stack: refusalForStack,
    hosts: refusalForHosts,
  });
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, methods.implementation());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  endWithEngine(process.ppid);
  // The engine reads the port from the first line of standard output.
  process.stdout.write(`${String(port)}\n`);
}

/** An engine that was killed cannot tell its plugins to stop; then another process has become the parent. */
function endWithEngine(engine: number): void {
  setInterval(() => {
    if (process.ppid !== engine) process.exit(1);
  }, 1000).unref();
}

/** The engine may put `--logtostderr`, `-v=9` and `--tracing <url>` before its address. */
function engineAddress(args: string[]): string | undefined {
  const positional = args.filter(
    (arg, index) => !arg.startsWith("-") && args[index - 1] !== "--tracing" && args[index - 1] !== "-tracing",
  );
  return positional[0];
}
