// A TCP server for the tests of sock_latency and request_health.
//   tcp-server.cjs ADDRESS PORT        prints "ready"; lives until its standard input is closed
// It answers "ask\n" at once and "wait\n" after 150 ms; anything else it reads and never answers.
const net = require("node:net");

const [, , address, port] = process.argv;
const server = net.createServer((socket) => {
  socket.on("error", () => {}); // the client resets when it gives up
  socket.on("data", (data) => {
    const text = data.toString();
    if (text === "ask\n") socket.write("answer\n");
    if (text === "wait\n") setTimeout(() => socket.write("answer\n"), 150);
  });
});
server.listen(Number(port), address, () => process.stdout.write("ready\n"));
process.stdin.on("end", () => process.exit(0)).resume();
