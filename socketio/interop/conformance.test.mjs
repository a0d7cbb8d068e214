// The requirements of the protocols' own test suites, for the conformance server with maxPayload 1,000,000. It
// runs with several timings: PROMPT has that of the official suites (pingInterval 300 ms, pingTimeout 200 ms, connect
// timeout 1 s), PINGING its pings alone, ONE_WAIT its connect timeout alone, and PATIENT waits a minute for everything.
import assert from 'node:assert/strict';
import { connect as openTCP } from 'node:net';
import { before, describe, test } from 'node:test';
import { WebSocket } from 'ws';

const engineOnly = process.env.HARANG_INTEROP_ENGINE_ONLY === '1';
const path = engineOnly ? '/engine.io/' : '/socket.io/';
const interval = 300;
const timeout = 200;

let http; // of the server that is in use
const use = (timing) => {
  http = process.env[`HARANG_INTEROP_${timing}`] + path;
};

const get = (query, init) => fetch(`${http}?${query}`, init);
const poll = (sid) => get(`EIO=4&transport=polling&sid=${sid}`);
const post = (sid, body) => get(`EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body });

async function expectStatus(response, status) {
  const { status: got } = await response;
  assert.equal(got, status);
}

async function handshake() {
  const response = await get('EIO=4&transport=polling');
  assert.equal(response.status, 200);
  const text = await response.text();
  assert.equal(text[0], '0');
  return JSON.parse(text.slice(1));
}

const openSession = async () => (await handshake()).sid;

// expectEnd polls until the session has ended.
async function expectEnd(sid) {
  let response;
  do response = await poll(sid);
  while (response.status === 200);
  assert.equal(response.status, 400);
}

// Peer is a WebSocket that queues its messages until next is called.
class Peer {
  constructor(query) {
    this.socket = new WebSocket(`${http.replace('http', 'ws')}?${query}`);
    this.waiting = [];
    this.messages = [];
    this.failed = false;
    this.opened = new Promise((resolve) => this.socket.on('open', resolve));
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.socket.on('error', () => {
      this.failed = true;
    });
    this.socket.on('message', (data, binary) => {
      const message = binary ? data : data.toString();
      const resolve = this.waiting.shift();
      if (resolve) resolve(message);
      else this.messages.push(message);
    });
  }
  send(message) {
    this.socket.send(message);
  }
  next() {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }
  // nextPacket skips pings.
  async nextPacket() {
    for (;;) {
      const message = await this.next();
      if (message !== '2') return message;
    }
  }
}

async function openWebSocket() {
  const peer = new Peer('EIO=4&transport=websocket');
  const text = await peer.next();
  assert.equal(text[0], '0');
  peer.handshake = JSON.parse(text.slice(1));
  return peer;
}

// expectOpen fails the test when the session of a peer has ended: the server answers.
async function expectOpen(peer) {
  peer.send(engineOnly ? '4open' : '40/custom,');
  assert.match(await peer.nextPacket(), engineOnly ? /^4open$/ : /^40\/custom,/);
}

function checkHandshake(value, upgrades) {
  assert.deepEqual(Object.keys(value).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
  assert.equal(typeof value.sid, 'string');
  assert.deepEqual(value.upgrades, upgrades);
  assert.equal(value.pingInterval, interval);
  assert.equal(value.pingTimeout, timeout);
  assert.equal(value.maxPayload, 1_000_000);
}

describe('handshake', () => {
  before(() => use('PROMPT'));

  test('polling', async () => checkHandshake(await handshake(), ['websocket']));

  test('websocket', async () => {
    const peer = await openWebSocket();
    checkHandshake(peer.handshake, []);
    peer.socket.close();
  });

  for (const [what, query] of [
    ['no EIO', 'transport=polling'],
    ['a wrong EIO', 'EIO=abc&transport=polling'],
    ['no transport', 'EIO=4'],
    ['a wrong transport', 'EIO=4&transport=abc'],
  ]) {
    test(`polling with ${what} is refused`, () => expectStatus(get(query), 400));
    test(`websocket with ${what} is refused`, async () => {
      const peer = new Peer(query.replace('polling', 'websocket'));
      await peer.closed;
      assert.ok(peer.failed);
    });
  }

  for (const method of ['POST', 'PUT']) {
    test(`${method} is refused`, () => expectStatus(get('EIO=4&transport=polling', { method }), 400));
  }
});

describe('heartbeat', () => {
  before(() => use('PINGING'));

  test('polling: ping and pong', async () => {
    const sid = await openSession();
    if (!engineOnly) await expectStatus(post(sid, '40'), 200);
    for (let i = 0; i < 3; i++) {
      let packets = [];
      while (packets.length === 0) {
        const response = await poll(sid);
        assert.equal(response.status, 200);
        packets = (await response.text()).split('\x1e').filter((packet) => !packet.startsWith('4'));
      }
      assert.deepEqual(packets, ['2']);
      await expectStatus(post(sid, '3'), 200);
    }
  });

  test('websocket: ping and pong', async () => {
    const peer = await openWebSocket();
    if (!engineOnly) peer.send('40');
    for (let i = 0; i < 3; i++) {
      let packet = await peer.next();
      while (packet.startsWith('4')) packet = await peer.next();
      assert.equal(packet, '2');
      peer.send('3');
    }
    peer.socket.close();
  });
});

describe('a missed heartbeat', () => {
  before(() => use('PROMPT'));

  test('polling: the session ends without a pong', async () => {
    await expectEnd(await openSession());
  });

  test('websocket: the session ends without a pong', async () => {
    const peer = await openWebSocket();
    await peer.closed;
  });
});

describe('close', () => {
  before(() => use('PATIENT'));

  test('polling', async () => {
    for (let answer = 0; answer !== 200;) {
      const sid = await openSession();
      const [response] = await Promise.all([poll(sid), post(sid, '1')]);
      answer = response.status;
      if (answer === 200) assert.equal(await response.text(), '6');
      else assert.equal(answer, 400); // it arrived after the close
      await expectStatus(poll(sid), 400);
    }
  });

  test('websocket', async () => {
    const peer = await openWebSocket();
    peer.send('1');
    await peer.closed;
  });
});

describe('upgrade', () => {
  before(() => use('PATIENT'));

  const candidate = async (sid) => {
    const peer = new Peer(`EIO=4&transport=websocket&sid=${sid}`);
    await peer.opened;
    return peer;
  };

  test('a probe is answered', async () => {
    const peer = await candidate(await openSession());
    peer.send('2probe');
    assert.equal(await peer.next(), '3probe');
    peer.send('5');
    peer.socket.close();
  });

  test('a poll is refused afterwards, without delay', async () => {
    for (let i = 0; i < 20; i++) {
      const sid = await openSession();
      const peer = await candidate(sid);
      peer.send('2probe');
      peer.send('5');
      await expectStatus(poll(sid), 400);
      peer.socket.close();
    }
  });

  test('another WebSocket is closed afterwards, and the session continues', async () => {
    const sid = await openSession();
    const peer = await candidate(sid);
    peer.send('2probe');
    peer.send('5');
    const other = new Peer(`EIO=4&transport=websocket&sid=${sid}`);
    await other.closed;
    assert.equal(other.failed, false);
    assert.equal(await peer.next(), '3probe');
    await expectOpen(peer);
    peer.socket.close();
  });

  test('a poll during the probe is released', async () => {
    const sid = await openSession();
    const peer = await candidate(sid);
    peer.send('2probe');
    assert.equal(await peer.next(), '3probe');
    const response = await poll(sid);
    assert.equal(response.status, 200);
    assert.equal(await response.text(), '6');
    peer.send('5');
    await expectOpen(peer);
    peer.socket.close();
  });
});

if (engineOnly)
  describe('Engine.IO messages', () => {
    before(() => use('PATIENT'));

    for (const [what, payload] of [
      ['one text', '4hello'],
      ['several texts', '4test1\x1e4test2\x1e4test3'],
      ['text and binary', '4hello\x1ebAQIDBA=='],
    ]) {
      test(`polling: ${what}`, async () => {
        const sid = await openSession();
        const sent = await post(sid, payload);
        assert.equal(sent.status, 200);
        assert.equal(await sent.text(), 'ok');
        const response = await poll(sid);
        assert.equal(response.status, 200);
        assert.equal(await response.text(), payload);
      });
    }

    test('polling: garbage ends the session', async () => {
      const sid = await openSession();
      await expectStatus(post(sid, 'abc'), 400);
      await expectStatus(poll(sid), 400);
    });

    test('polling: overlapping polls end the session', async () => {
      const sid = await openSession();
      // Either may be the first to arrive.
      const polls = await Promise.all([poll(sid), poll(sid)]);
      polls.sort((a, b) => a.status - b.status);
      assert.deepEqual(
        polls.map(({ status }) => status),
        [200, 400],
      );
      assert.equal(await polls[0].text(), '1');
      await expectStatus(poll(sid), 400);
    });

    test('polling: an abandoned poll ends the session', async () => {
      const sid = await openSession();
      const { host, hostname, port } = new URL(http);
      await new Promise((resolve, reject) => {
        const socket = openTCP(Number(port), hostname).on('error', reject);
        const request = `GET ${path}?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
        socket.write(request, () => resolve(socket.destroy())); // the server's system has all of it
      });
      await expectEnd(sid);
    });

    test('websocket: text', async () => {
      const peer = await openWebSocket();
      peer.send('4hello');
      assert.equal(await peer.next(), '4hello');
      peer.socket.close();
    });

    test('websocket: binary', async () => {
      const peer = await openWebSocket();
      peer.send(Buffer.from([1, 2, 3, 4]));
      assert.deepEqual([...(await peer.next())], [1, 2, 3, 4]);
      peer.socket.close();
    });

    test('websocket: garbage ends the session', async () => {
      const peer = await openWebSocket();
      peer.send('abc');
      await peer.closed;
    });

    test('an upgraded session ignores other requests with its id', async () => {
      const sid = await openSession();
      const peer = new Peer(`EIO=4&transport=websocket&sid=${sid}`);
      await peer.opened;
      peer.send('2probe');
      assert.equal(await peer.next(), '3probe');
      peer.send('5');
      await expectStatus(poll(sid), 400);
      const other = new Peer(`EIO=4&transport=websocket&sid=${sid}`);
      await other.closed;
      peer.send('4hello');
      assert.equal(await peer.nextPacket(), '4hello');
      peer.socket.close();
    });
  });

if (!engineOnly)
  describe('Socket.IO', () => {
    before(() => use('PATIENT'));

    async function connected() {
      const peer = await openWebSocket();
      peer.send('40');
      assert.match(await peer.nextPacket(), /^40\{/);
      assert.equal(await peer.nextPacket(), '42["auth",{}]');
      return peer;
    }

    for (const [what, packet, prefix, auth] of [
      ['the main namespace', '40', '40', '42["auth",{}]'],
      ['the main namespace with a payload', '40{"token":"123"}', '40', '42["auth",{"token":"123"}]'],
      ['a custom namespace', '40/custom,', '40/custom,', '42/custom,["auth",{}]'],
      [
        'a custom namespace with a payload',
        '40/custom,{"token":"abc"}',
        '40/custom,',
        '42/custom,["auth",{"token":"abc"}]',
      ],
    ]) {
      test(`connects to ${what}`, async () => {
        const peer = await openWebSocket();
        peer.send(packet);
        const answer = await peer.next();
        assert.ok(answer.startsWith(prefix), answer);
        const value = JSON.parse(answer.slice(prefix.length));
        assert.deepEqual(Object.keys(value), ['sid']);
        assert.equal(typeof value.sid, 'string');
        assert.equal(await peer.next(), auth);
        peer.socket.close();
      });
    }

    test('CONNECT and "auth" are sent apart', async () => {
      // Both may be there at the next read of a process that was suspended.
      for (let reads = 0; reads !== 2;) {
        const peer = await openWebSocket();
        reads = 0;
        peer.socket._socket.on('data', () => reads++);
        peer.send('40');
        await peer.next();
        await peer.next();
        peer.socket.close();
      }
    });

    test('an unknown namespace is refused', async () => {
      const peer = await openWebSocket();
      peer.send('40/random');
      assert.equal(await peer.next(), '44/random,{"message":"Invalid namespace"}');
      peer.socket.close();
    });

    test('a packet of an unknown type before CONNECT ends the session', async () => {
      const peer = await openWebSocket();
      peer.send('4abc');
      await peer.closed;
    });

    test('an event before CONNECT ends the session', async () => {
      const peer = await openWebSocket();
      peer.send('42["message"]');
      await peer.closed;
    });

    test('disconnects from the main namespace; the session stays open', async () => {
      const peer = await connected();
      peer.send('41');
      await expectOpen(peer);
      peer.socket.close();
    });

    test('connects to and disconnects from a custom namespace', async () => {
      const peer = await connected();
      peer.send('40/custom');
      assert.match(await peer.nextPacket(), /^40\/custom,/);
      assert.equal(await peer.nextPacket(), '42/custom,["auth",{}]');
      peer.send('41/custom');
      peer.send('42["message","message to main namespace"]');
      assert.equal(await peer.nextPacket(), '42["message-back","message to main namespace"]');
      peer.socket.close();
    });

    const placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
    for (const [what, sent, back] of [
      ['plain text', '42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'],
      ['plain text with an ack', '42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'],
      ['attachments', `452-["message",${placeholders}]`, `452-["message-back",${placeholders}]`],
      ['attachments with an ack', `452-789["message-with-ack",${placeholders}]`, `462-789[${placeholders}]`],
    ]) {
      test(`an event: ${what}`, async () => {
        const peer = await connected();
        peer.send(sent);
        const binary = sent.startsWith('45');
        if (binary) {
          peer.send(Buffer.from([1, 2, 3]));
          peer.send(Buffer.from([4, 5, 6]));
        }
        assert.equal(await peer.nextPacket(), back);
        if (binary) {
          assert.deepEqual([...(await peer.nextPacket())], [1, 2, 3]);
          assert.deepEqual([...(await peer.nextPacket())], [4, 5, 6]);
        }
        peer.socket.close();
      });
    }

    for (const [what, packet] of [
      ['an unknown type', '4abc'],
      ['an invalid payload', '42{}'],
      ['an invalid ack id', '42abc["message-with-ack",1,"2",{"3":[false]}]'],
      ['a payload that is no JSON', '42["message"'],
      ['an empty event', '42[]'],
      ['a reserved event name', '42["disconnect"]'],
    ]) {
      test(`${what} ends the session`, async () => {
        const peer = await connected();
        peer.send(packet);
        await peer.closed;
      });
    }

    test('a message longer than maxPayload ends the session', async () => {
      const peer = await connected();
      peer.send(`42["message","${'x'.repeat(1_000_000)}"]`);
      await peer.closed;
    });

    test('a POST longer than maxPayload is answered 413 and ends the session', async () => {
      const sid = await openSession();
      await expectStatus(post(sid, '4'.repeat(1_000_001)), 413);
      await expectStatus(poll(sid), 400);
    });
  });

if (!engineOnly)
  describe('a missed CONNECT', () => {
    before(() => use('ONE_WAIT'));

    test('without CONNECT the session ends after a second', async () => {
      const start = performance.now();
      const peer = await openWebSocket();
      await peer.closed;
      const took = performance.now() - start;
      assert.ok(took > 900 && took < 60_000, `${took} ms`);
    });
  });
