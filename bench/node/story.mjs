// The story's plan as a whole program of the race: an event comes by HTTP, goes into a Redis list of its tenant
// (RPUSH, LTRIM to 50, EXPIRE after 5 minutes, in one round trip), and is then broadcast by Socket.IO with its defaults.
// Usage: node story.mjs REDIS-URL KEY. It ends with its standard input.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const [redisURL, key] = process.argv.slice(2);
const redis = new Redis(redisURL);

async function publish(tenant, event) {
  const list = `tenant:${tenant}:events`;
  const answers = await redis
    .pipeline()
    .rpush(list, JSON.stringify(event))
    .ltrim(list, -50, -1)
    .expire(list, 300)
    .exec();
  for (const [err] of answers) if (err) throw err;
  io.to(`room-${tenant}`).emit(event.type, event);
}

async function handle(request, response) {
  const [, tenant] = /^\/events\/(\d+)$/.exec(request.url) ?? [];
  if (request.method !== 'POST' || tenant === undefined) return response.writeHead(404).end();
  if (request.headers.authorization !== `Bearer ${key}`) return response.writeHead(401).end();
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  await publish(tenant, JSON.parse(Buffer.concat(chunks).toString('utf8')));
  response.writeHead(202).end();
}

const http = createServer((request, response) => {
  handle(request, response).catch((err) => response.writeHead(500).end(String(err)));
});
const io = new Server(http, { transports: ['websocket'] });
io.on('connection', (socket) => socket.join(`room-${socket.handshake.auth.room}`));

process.stdin.resume().on('end', () => process.exit(0));
http.listen(0, '127.0.0.1', () => console.log(`listening 127.0.0.1:${http.address().port}`));
