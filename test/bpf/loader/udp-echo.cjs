// One request at a time over UDP, port 7 of 198.18.77.1 by default: `serve ADDRESS` answers, `ask ADDRESS` asks until its
// standard input ends and prints how many requests it sent and how many got no answer within a second.
"use strict";
const { createSocket } = require("node:dgram");

const [, , role, address] = process.argv;
const socket = createSocket("udp4");
process.stdin.resume();

if (role === "serve") {
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  socket.bind(7, address, () => console.log("ready"));
  process.stdin.on("end", () => socket.close());
} else {
  let asked = 0;
  let lost = 0;
  let ending = false;
  let timer;
  process.stdin.on("end", () => (ending = true));
  const ask = () => {
    clearTimeout(timer);
    if (ending) {
      console.log(JSON.stringify({ asked, lost }));
      socket.close();
      return;
    }
    asked += 1;
    socket.send(String(asked), 7, address);
    timer = setTimeout(() => {
      lost += 1;
      ask();
    }, 1000);
  };
  socket.on("message", (message) => {
    // A late answer to a request that counted as lost is not an answer to this one.
    if (Number(message.toString()) === asked) ask();
  });
  ask();
}
