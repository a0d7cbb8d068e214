// engine.io-client with engineio.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Socket } from 'engine.io-client';

const url = process.env.HARANG_INTEROP_URL;
const modes = {
  websocket: ['websocket'],
  polling: ['polling'],
  'polling, upgraded': ['polling', 'websocket'],
};

function open(transports, options = {}) {
  return new Socket(url, { transports, ...options });
}

function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

for (const [mode, transports] of Object.entries(modes)) {
  test(`${mode}: text and binary are echoed in order`, async () => {
    const socket = open(transports);
    socket.binaryType = 'nodebuffer';
    await once(socket, 'open');
    const want = ['hello', 'utf8 ŐŰ€🎉', Buffer.from([0, 1, 254, 255]), 'last'];
    const got = [];
    const all = new Promise((resolve) => {
      socket.on('message', (data) => {
        got.push(data);
        if (got.length === want.length) resolve();
      });
    });
    for (const message of want) socket.send(message);
    await all;
    assert.deepEqual(got, want);
    socket.close();
  });

  test(`${mode}: several heartbeats keep the session`, async () => {
    const socket = open(transports);
    await once(socket, 'open');
    for (let i = 0; i < 4; i++) await once(socket, 'ping');
    assert.equal(socket.readyState, 'open');
    socket.close();
  });

  test(`${mode}: the server closes after its last message`, async () => {
    const socket = open(transports);
    await once(socket, 'open');
    const messages = [];
    socket.on('message', (data) => messages.push(data));
    const closed = once(socket, 'close');
    socket.send('close me');
    const [reason] = await closed;
    assert.deepEqual(messages, ['closing']);
    assert.equal(reason, 'transport close');
  });

  test(`${mode}: messages of 300 KB pass both ways`, async () => {
    const socket = open(transports);
    socket.binaryType = 'nodebuffer';
    await once(socket, 'open');
    const text = 'ö'.repeat(150_000);
    socket.send(text);
    assert.equal((await once(socket, 'message'))[0], text);
    const bytes = Buffer.alloc(300_000, 7);
    socket.send(bytes);
    assert.ok(bytes.equals((await once(socket, 'message'))[0]));
    socket.close();
  });
}

for (const [mode, transports] of Object.entries(modes)) {
  test(`${mode}: binary as base64`, async () => {
    const socket = open(transports, { forceBase64: true });
    socket.binaryType = 'nodebuffer';
    await once(socket, 'open');
    if (mode === 'polling, upgraded') await once(socket, 'upgrade');
    const frames = [];
    socket.transport.ws?.on('message', (_, binary) => frames.push(binary));
    const bytes = Buffer.from([0, 1, 254, 255]);
    socket.send(bytes);
    assert.deepEqual((await once(socket, 'message'))[0], bytes);
    socket.send('text');
    assert.equal((await once(socket, 'message'))[0], 'text');
    assert.ok(!frames.includes(true), 'a binary WebSocket message was sent');
    assert.equal(socket.readyState, 'open');
    socket.close();
  });
}

test('a client that offers subprotocols connects', async () => {
  const socket = open(['websocket'], { protocols: ['v2.shop', 'chat'] });
  await once(socket, 'open');
  assert.equal(socket.transport.ws.protocol, 'v2.shop');
  socket.close();
});

test('an upgrade neither loses nor reorders messages', async () => {
  for (let round = 0; round < 10; round++) {
    const socket = open(['polling', 'websocket']);
    await once(socket, 'open');
    const want = [];
    const got = [];
    let finish;
    const finished = new Promise((resolve) => {
      finish = resolve;
    });
    let upgraded = false;
    socket.on('upgrade', () => {
      upgraded = true;
    });
    socket.on('message', (data) => {
      got.push(data);
      if (upgraded && got.length === want.length) finish();
    });
    const pump = setInterval(() => {
      if (upgraded && want.length > 50) {
        clearInterval(pump);
        if (got.length === want.length) finish();
        return;
      }
      const message = `m${want.length}`;
      want.push(message);
      socket.send(message);
    }, 0);
    await finished;
    assert.deepEqual(got, want);
    assert.equal(socket.transport.name, 'websocket');
    socket.close();
  }
});

test('an unknown session, transport or version is refused with its code', async () => {
  for (const [query, status, code] of [
    ['EIO=4&transport=polling&sid=nobody', 400, 1],
    ['EIO=4&transport=smoke', 400, 0],
    ['EIO=3&transport=polling', 400, 5],
  ]) {
    const response = await fetch(`${url}/engine.io/?${query}`);
    assert.equal(response.status, status);
    assert.equal((await response.json()).code, code);
  }
});
