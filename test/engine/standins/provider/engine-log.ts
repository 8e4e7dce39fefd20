import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

export type Severity = "debug" | "info" | "warning" | "error";

const SEVERITIES = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
};

// The engine's own limit for a message, so that long state still fits (rpcutil.GrpcChannelOptions).
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** The engine's log: lines appear among the diagnostics of the run, or beside the resource as status. */
export class EngineLog {
  private constructor(
    private readonly client: EngineClient | undefined,
    private readonly urn: string,
  ) {}

  static connect(address: string | undefined): EngineLog {
    if (address === undefined) return new EngineLog(undefined, "");
    const client = new EngineClient(address, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    });
    return new EngineLog(client, "");
  }

  /** The same log, with its lines attached to one resource. */
  for(urn: string): EngineLog {
    return new EngineLog(this.client, urn);
  }

  /** A line that stays in the diagnostics. */
  line(severity: Severity, message: string): Promise<void> {
    return this.send(severity, message, false);
  }

  /** A line that is shown only while it is the latest one. */
  status(severity: Severity, message: string): Promise<void> {
    return this.send(severity, message, true);
  }

  private send(severity: Severity, message: string, ephemeral: boolean): Promise<void> {
    const client = this.client;
    if (!client) {
      process.stderr.write(`${severity}: ${message}\n`);
      return Promise.resolve();
    }
    const request = new LogRequest();
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(message);
    request.setUrn(this.urn);
    request.setEphemeral(ephemeral);
    return new Promise((resolve) => {
      client.log(request, (error) => {
        // An engine that is going away takes no more lines; standard error is what is left.
        if (error) process.stderr.write(`${severity}: ${message}\n`);
        resolve();
      });
    });
  }
}
