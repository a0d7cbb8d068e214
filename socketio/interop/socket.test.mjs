// socket.io-client with socketio.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { io } from 'socket.io-client';

const url = process.env.HARANG_INTEROP_URL;
const modes = {
  websocket: ['websocket'],
  polling: ['polling'],
  'polling, upgraded': ['polling', 'websocket'],
};
let keys = 0;

function connect(transports, namespace = '/', options = {}) {
  return io(url + namespace, {
    transports,
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 40,
    ...options,
  });
}

function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

// reasons waits for n disconnect reasons of a key's sockets.
async function reasons(key, n) {
  const socket = connect(['websocket']);
  for (;;) {
    const got = await socket.emitWithAck('disconnects', key);
    if (got && got.length >= n) {
      socket.disconnect();
      return got;
    }
  }
}

for (const [mode, transports] of Object.entries(modes)) {
  test(`${mode}: events`, async () => {
    const socket = connect(transports);
    await once(socket, 'connect');
    assert.equal(typeof socket.id, 'string');
    const echo = once(socket, 'echo');
    socket.emit('echo', 1, 'két', { three: [true, null] });
    assert.deepEqual(await echo, [1, 'két', { three: [true, null] }]);
    socket.disconnect();
  });

  test(`${mode}: binary events`, async () => {
    const socket = connect(transports);
    const echo = once(socket, 'echo');
    socket.emit('echo', Buffer.from([1, 2, 3]), { deep: [Buffer.from([4]), 'x'] }, Buffer.alloc(0));
    const [a, b, c] = await echo;
    assert.deepEqual([...Buffer.from(a)], [1, 2, 3]);
    assert.deepEqual([...Buffer.from(b.deep[0])], [4]);
    assert.equal(b.deep[1], 'x');
    assert.equal(Buffer.from(c).length, 0);
    socket.disconnect();
  });

  test(`${mode}: binary events as base64`, async () => {
    const socket = connect(transports, '/', { forceBase64: true });
    const bytes = await socket.timeout(2000).emitWithAck('ack', { deep: [Buffer.from([1, 2, 3])] });
    assert.deepEqual([...Buffer.from(bytes.deep[0])], [1, 2, 3]);
    socket.disconnect();
  });

  test(`${mode}: acknowledgements both ways`, async () => {
    const socket = connect(transports);
    assert.deepEqual(await socket.timeout(2000).emitWithAck('ack', { a: 1 }), { a: 1 });
    const bytes = await socket.timeout(2000).emitWithAck('ack', Buffer.from([9, 8]));
    assert.deepEqual([...Buffer.from(bytes)], [9, 8]);
    socket.on('question', (question, callback) => callback({ answered: question }));
    assert.deepEqual(await socket.timeout(2000).emitWithAck('ask', 'why'), { answered: 'why' });
    socket.off('question').on('question', (bytes, callback) => callback(Buffer.concat([bytes, bytes])));
    const doubled = await socket.timeout(2000).emitWithAck('ask', Buffer.from([5]));
    assert.deepEqual([...Buffer.from(doubled)], [5, 5]);
    assert.equal(await socket.timeout(2000).emitWithAck('ask-timeout'), 'context deadline exceeded');
    await assert.rejects(socket.timeout(50).emitWithAck('no such event'));
    socket.disconnect();
  });

  test(`${mode}: a thousand events arrive in order`, async () => {
    const socket = connect(transports);
    const got = [];
    const all = new Promise((resolve) => {
      socket.on('burst', (i) => {
        if (got.push(i) === 1000) resolve();
      });
    });
    socket.emit('burst', 1000);
    await all;
    assert.deepEqual(
      got,
      Array.from({ length: 1000 }, (_, i) => i),
    );
    socket.disconnect();
  });

  test(`${mode}: large payloads both ways`, async () => {
    const socket = connect(transports);
    const large = once(socket, 'large');
    socket.emit('large', 900_000);
    assert.equal((await large)[0].length, 450_000);
    const text = 'x'.repeat(800_000);
    assert.equal(await socket.timeout(5000).emitWithAck('ack', text), text);
    socket.disconnect();
  });

  test(`${mode}: a message longer than maxPayload ends the session, and the client reconnects`, async () => {
    const socket = connect(transports);
    await once(socket, 'connect');
    const down = once(socket, 'disconnect');
    socket.emit('echo', 'x'.repeat(1_000_001));
    assert.match((await down)[0], /transport (close|error)/);
    await once(socket, 'connect');
    socket.disconnect();
  });

  test(`${mode}: a refused connection has a reason, and the session stays open`, async () => {
    const main = connect(transports);
    await once(main, 'connect'); // otherwise the client itself closes the session
    const [err] = await once(main.io.socket('/refuse'), 'connect_error');
    assert.equal(err.message, 'TENANT_CONNECTION_LIMIT');
    assert.deepEqual(err.data, { code: 'TENANT_CONNECTION_LIMIT', limit: 50 });
    const id = main.id;
    assert.equal(await main.timeout(2000).emitWithAck('ack', 'still here'), 'still here');
    assert.equal(main.id, id);
    main.disconnect();
  });

  test(`${mode}: an unknown namespace`, async () => {
    const socket = connect(transports, '/nowhere');
    const [err] = await once(socket, 'connect_error');
    assert.equal(err.message, 'Invalid namespace');
    socket.disconnect();
  });

  test(`${mode}: dropped connections are retried with backoff`, async () => {
    const socket = connect(transports, '/dropfirst', { auth: { key: `drop-${mode}` } });
    let tries = 0;
    socket.io.on('reconnect_attempt', () => tries++);
    await once(socket, 'connect');
    assert.ok(tries >= 2, `${tries} attempts`);
    socket.disconnect();
  });

  test(`${mode}: recovery fields`, async () => {
    const socket = connect(transports, '/ws/dashboard', { auth: { token: 't' } });
    const order = [];
    let received = 0;
    let twoReceived;
    socket.onAny((event, ...args) => {
      order.push([event, ...args]);
      if (event === 'live' && ++received % 2 === 0) twoReceived();
    });
    let done = new Promise((resolve) => {
      twoReceived = resolve;
    });
    await done;
    const first = [
      ['session', '', '', 'offset-0'],
      ['replayed', 1, 'offset-1'],
      ['live', 1, 'offset-2'],
      ['live', 2, 'offset-3'],
    ];
    assert.deepEqual(order, first);
    assert.equal(socket.recovered, false);
    order.length = 0;
    done = new Promise((resolve) => {
      twoReceived = resolve;
    });
    socket.io.engine.close(); // as after a network failure
    await done;
    assert.equal(socket.recovered, true);
    assert.deepEqual(order, [['session', 'pid-1', 'offset-3', 'offset-0'], ...first.slice(1)]);
    socket.disconnect();
  });

  test(`${mode}: the server disconnects a socket`, async () => {
    const key = `key-${keys++}`;
    const socket = connect(transports, '/', { auth: { key } });
    const down = once(socket, 'disconnect');
    socket.emit('disconnect-request');
    assert.equal((await down)[0], 'io server disconnect');
    assert.equal(socket.active, false);
    assert.deepEqual(await reasons(key, 1), ['server namespace disconnect']);
  });

  test(`${mode}: the client disconnects`, async () => {
    const key = `key-${keys++}`;
    const socket = connect(transports, '/', { auth: { key } });
    await once(socket, 'connect');
    socket.disconnect();
    assert.deepEqual(await reasons(key, 1), ['client namespace disconnect']);
  });

  test(`${mode}: goodbye, then the transport closes and the client reconnects`, async () => {
    const key = `key-${keys++}`;
    const socket = connect(transports, '/', { auth: { key } });
    await once(socket, 'connect');
    const seen = [];
    socket.on('goodbye', () => seen.push('goodbye'));
    const down = once(socket, 'disconnect').then(([reason]) => {
      seen.push(reason);
    });
    const back = down.then(() => once(socket, 'connect'));
    socket.emit('close');
    await back;
    assert.deepEqual(seen, ['goodbye', 'transport close']);
    assert.deepEqual(await reasons(key, 1), ['forced close']);
    socket.disconnect();
  });

  test(`${mode}: rooms`, async () => {
    const [a, b, c] = [connect(transports), connect(transports), connect(transports)];
    const room = `room-${mode}`;
    await a.emitWithAck('join', room);
    await b.emitWithAck('join', room);
    await c.emitWithAck('join', room);
    await c.emitWithAck('leave', room);
    const received = [];
    a.on('message', (x) => received.push(['a', x]));
    c.on('message', (x) => received.push(['c', x]));
    const message = once(b, 'message');
    await a.emitWithAck('broadcast', room, 'hello');
    assert.deepEqual(await message, ['hello']);
    await a.emitWithAck('ack', 1); // a message for a or c would have been received before
    await c.emitWithAck('ack', 1);
    assert.deepEqual(received, []);
    for (const s of [a, b, c]) s.disconnect();
  });

  test(`${mode}: two namespaces on one session`, async () => {
    const main = connect(transports);
    await once(main, 'connect');
    const other = main.io.socket('/ws/dashboard');
    await once(other, 'connect');
    other.disconnect();
    assert.equal(await main.timeout(2000).emitWithAck('ack', 'main'), 'main');
    const again = once(other, 'connect');
    other.connect();
    await again;
    assert.equal(await other.timeout(2000).emitWithAck('ack', 'other'), 'other');
    main.disconnect();
    other.disconnect();
  });
}

test('an upgraded session is on the WebSocket', async () => {
  const socket = connect(['polling', 'websocket']);
  await once(socket, 'connect');
  if (socket.io.engine.transport.name !== 'websocket') await once(socket.io.engine, 'upgrade');
  // The answer comes over the WebSocket: the server's side has moved as well.
  assert.equal(await socket.timeout(2000).emitWithAck('transport'), 'websocket');
  socket.disconnect();
});

test('without WebSocket the session stays on polling', async () => {
  const socket = connect(['polling', 'websocket'], '/', { upgrade: false });
  assert.equal(await socket.timeout(2000).emitWithAck('transport'), 'polling');
  socket.disconnect();
});
