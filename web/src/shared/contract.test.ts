import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertOf, failureOf, paymentOf, rentalOf, stockItems, summary, userOf } from '../test/fake-server';

interface Golden {
  status: number;
  answer: unknown;
}

function golden(name: string): unknown {
  const text = readFileSync(join(import.meta.dirname, '../../../contract/http', `${name}.json`), 'utf8');
  return (JSON.parse(text) as Golden).answer;
}

function first(name: string): object {
  const { items } = golden(name) as { items: object[] };
  const [item] = items;
  if (item === undefined) throw new Error(`${name} is empty`);
  return item;
}

// What these tests answer as a server is what the server answers: every member
// that the page's fixtures have is in the golden answer, with the same type.
const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

it.each([
  ['stock', () => first('stock'), () => stockItems[0]],
  ['alerts', () => first('alerts'), () => stockItems[0] && alertOf(stockItems[0])],
  ['rentals', () => first('rentals'), () => ({ ...rentalOf(), payment: undefined })],
  ['rental', () => golden('rental'), () => ({ ...rentalOf(), payment: undefined })],
  ['payments', () => first('payments'), () => paymentOf()],
  ['payment-failures', () => first('payment-failures'), () => failureOf()],
  ['summary', () => golden('summary'), () => summary],
  ['login', () => (golden('login') as { user: object }).user, () => userOf('OPERATOR')],
])('the fixtures speak as the contract does: %s', (_, answer, fixture) => {
  const spoken = answer() as Record<string, unknown>;
  for (const [name, value] of Object.entries(fixture() ?? {})) {
    if (value === undefined) continue;
    expect(spoken, name).toHaveProperty(name);
    if (value !== null && spoken[name] !== null) expect(kindOf(spoken[name]), name).toBe(kindOf(value));
  }
});

it('knows an operator’s summary has no money in it', () => {
  expect(Object.keys(golden('summary-operator') as object).sort()).toEqual([
    'dueToday',
    'openRentals',
    'overdue',
    'stock',
  ]);
});

it('finds in a declined payment what the page shows', () => {
  expect(golden('payment-declined')).toMatchObject({
    code: 'PAYMENT_DECLINED',
    errorCode: expect.any(String) as string,
    errorMessage: expect.any(String) as string,
  });
  expect(golden('rental-insufficient')).toMatchObject({
    code: 'INSUFFICIENT_STOCK',
    line: 0,
    available: expect.any(Number) as number,
  });
});
