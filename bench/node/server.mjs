// The reference Socket.IO server as a peer of the race. It obeys the commands
// of peer.Serve on standard input and ends with it. Settings are the defaults:
// engine ws, no permessage-deflate.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
io.on('connection', (socket) => socket.join(`room-${socket.handshake.auth.room}`));

// An overloaded process skips what it cannot send, as the other peers do:
// at most this many events of each room are sent between two turns of the loop.
const mostPerTurn = 2;

// The time of sending on the system's monotonic clock, which the load program reads too: Node.js has the
// time of day in milliseconds only.
const nanoseconds = () => String(process.hrtime.bigint()).padStart(19, '0');

function event(n) {
  return {
    eventId: `01a206ef-b43f-7000-8000-${n.toString(16).padStart(12, '0')}`,
    timestamp: new Date().toISOString(),
    type: 'rental_created',
    data: {
      rentalId: nanoseconds(),
      partnerId: 'alfa-epito',
      partnerName: 'Alfa Építő és Felújító Kft.',
      equipmentCount: 3,
      totalValue: 42000,
      currency: 'HUF',
    },
  };
}

function produce(rooms, rate) {
  const began = performance.now();
  let next = 0;
  const turn = () => {
    const due = Math.floor(((performance.now() - began) * rate) / 1000);
    next = Math.max(next, due - mostPerTurn * rooms);
    for (; next < due; next++) io.to(`room-${next % rooms}`).emit('rental_created', event(next));
    setTimeout(turn, 1);
  };
  turn();
}

const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => {
  const [word, rooms, rate] = line.split(' ');
  if (word === 'produce') {
    produce(Number(rooms), Number(rate));
    console.log('ok');
  } else if (word === 'memory') {
    globalThis.gc();
    const m = process.memoryUsage();
    console.log(m.heapUsed + m.external);
  }
});
commands.on('close', () => process.exit(0));

http.listen(0, '127.0.0.1', () => console.log(`listening 127.0.0.1:${http.address().port}`));
