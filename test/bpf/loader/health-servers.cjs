// HTTP servers on one port of several addresses: `health-servers.cjs PORT ADDRESS...`. A line "ADDRESS 500" on standard
// input changes the status it answers, "ADDRESS mute" lets it accept and say nothing; each line is acknowledged.
"use strict";
const { createServer } = require("node:http");
const { createInterface } = require("node:readline");

const [, , port, ...addresses] = process.argv;
const answers = new Map(addresses.map((address) => [address, "200"]));
let waiting = addresses.length;

for (const address of addresses) {
  const server = createServer((request, response) => {
    const answer = answers.get(address);
    if (answer === "mute") return;
    const asked = request.url === "/healthz" && request.headers.host === "lb.example";
    response.writeHead(asked ? Number(answer) : 404).end();
  });
  server.listen(Number(port), address, () => {
    if (--waiting === 0) console.log("ready");
  });
}
const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const [address, answer] = line.split(" ");
  answers.set(address, answer);
  console.log(`now ${line}`);
});
input.on("close", () => process.exit(0));
