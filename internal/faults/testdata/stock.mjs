// Stock socket.io-clients, as many as the test asks for, in one process. Lines of JSON come
// on standard input ({open, url, transports, token} or {close}), lines of JSON go out: every
// event that a client's listeners get, and the end of each connection.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const sockets = new Map();
const report = (line) => process.stdout.write(JSON.stringify(line) + "\n");

function open({ open: name, url, transports, token }) {
  const socket = io(`${url}/ws/dashboard`, {
    transports,
    auth: { token },
    forceNew: true,
    timeout: 700,
    reconnectionDelay: 20,
    reconnectionDelayMax: 100,
  });
  sockets.set(name, socket);
  socket.onAny((event, ...args) => report({ name, event, args, pid: socket._pid, transport: socket.io.engine.transport.name }));
  socket.on("disconnect", (reason) => report({ name, left: reason, active: socket.active }));
  socket.on("connect_error", (error) => {
    // A transport that could not be opened is tried again by itself; a refusal is not.
    if (!socket.active) report({ name, refused: error.message });
  });
}

createInterface({ input: process.stdin })
  .on("line", (text) => {
    const line = JSON.parse(text);
    if (line.open) open(line);
    else sockets.get(line.close)?.close();
  })
  .on("close", () => process.exit(0));
