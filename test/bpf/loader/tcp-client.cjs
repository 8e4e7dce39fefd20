// A TCP client for the same tests.
//   tcp-client.cjs ADDRESS PORT WORD...   one connection; sends each word as a line and waits for its answer, except for
//                                         "silent", after which it waits 300 ms and closes. Prints "done" or the error.
const net = require("node:net");

const [, , address, port, ...words] = process.argv;
const socket = net.connect(Number(port), address);
socket.setNoDelay(true);
let next = 0;
const step = () => {
  const word = words[next++];
  if (word === undefined) return socket.end();
  socket.write(`${word}\n`);
  if (word === "silent") setTimeout(() => socket.end(), 300);
};
socket.on("connect", step);
socket.on("data", step);
socket.on("error", (error) => process.stdout.write(`${error.code}\n`));
socket.on("close", (failed) => {
  if (!failed) process.stdout.write("done\n");
});
