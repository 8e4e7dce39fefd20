import { serve } from "../provider/server";
import type { ResourceKind } from "../provider/stand-in";
import { copyFile, copyToRemote } from "./copy";
import { localCommand, localRun } from "./local-command";
import { remoteCommand } from "./remote-command";

const KINDS: Record<string, ResourceKind> = {
  "command:local:Command": localCommand,
  "command:remote:Command": remoteCommand,
  "command:remote:CopyToRemote": copyToRemote,
  "command:remote:CopyFile": copyFile,
};

void serve({
  name: "command",
  version: "1.2.1",
  kind: (type) => KINDS[type],
  async invoke(call) {
    if (call.token === "command:local:run") return localRun(call);
    throw new Error(`Invoke '${call.token.replace(/^command:/, "")}' not found`);
  },
});
