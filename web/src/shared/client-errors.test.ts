import { expect, it, vi } from 'vitest';
import { createReporter } from './client-errors';

function reporter() {
  const send = vi.fn((report: { kind: string; message: string; page: string; stack: string[] }) =>
    Promise.reject<unknown>(new Error(`no server for ${report.kind}`)),
  );
  let now = 0;
  const report = createReporter(send, () => now);
  return { send, report, later: (ms: number) => (now += ms), sent: () => send.mock.calls.map(([each]) => each) };
}

it('sends a message once, five different ones a minute, and fails silently', () => {
  const { report, sent, later } = reporter();
  for (let each = 0; each < 3; each++) report('error', new TypeError('x is undefined'));
  expect(sent()).toHaveLength(1);
  expect(sent()[0]).toMatchObject({ kind: 'error', message: 'TypeError: x is undefined', page: location.pathname });
  for (const name of 'abcdefgh') report('rejection', new Error(name));
  expect(sent()).toHaveLength(5);
  later(60_000);
  report('component', new Error('later'));
  report('error', new TypeError('x is undefined'));
  expect(sent()).toHaveLength(6);
  later(600_000);
  report('error', new TypeError('x is undefined'));
  expect(sent()).toHaveLength(7);
});

it.each([
  [`Unexpected token 'K', "Kovács Anna" is not valid JSON`, 'Unexpected token …, … is not valid JSON'],
  ["Cannot read properties of undefined (reading 'rows')", 'Cannot read properties of undefined (reading rows)'],
  ['no answer of https://shop.hu/api?token=abc for anna@shop.hu', 'no answer of … for …'],
  ['/stock?search=Kovács 36201234567 failed', '/stock… … failed'],
  [`bad token ${'eyJhbGciOi'.repeat(6)}`, 'bad token …'],
])('takes out what may be personal or secret: %s', (message, reported) => {
  const { report, sent } = reporter();
  report('error', new Error(message));
  expect(sent()[0]?.message).toBe(`Error: ${reported}`);
});

it('names the frames of both kinds of browsers by file, line and column, without address and query', () => {
  const { report, sent } = reporter();
  const chromium = new Error('one');
  chromium.stack = `Error: one\n    at draw (https://shop.hu/assets/stock-abc.js?v=1:10:20)\n    at https://shop.hu/assets/app.js:1:2`;
  const firefox = new Error('two');
  firefox.stack = 'draw@https://shop.hu/assets/stock-abc.js:10:20\n@https://shop.hu/assets/app.js:1:2';
  report('error', chromium);
  report('error', firefox);
  const frames = ['draw (stock-abc.js:10:20)', '(app.js:1:2)'];
  expect(sent().map(({ stack }) => stack)).toEqual([frames, frames]);
});

it('reports neither a cancelled request nor what was thrown that is no error', () => {
  const { report, sent } = reporter();
  report('rejection', new DOMException('The user aborted a request.', 'AbortError'));
  report('rejection', 'Kovács Anna');
  expect(sent().map(({ message }) => message)).toEqual(['thrown string']);
});
