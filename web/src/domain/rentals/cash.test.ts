import { expect, it } from 'vitest';
import { cashAmount } from './cash';

it.each([
  [1, 0],
  [2, 0],
  [3, 5],
  [1230, 1230],
  [1231, 1230],
  [1232, 1230],
  [1233, 1235],
  [1234, 1235],
  [1236, 1235],
  [1237, 1235],
  [1238, 1240],
  [1239, 1240],
])('%i Ft is %i Ft in cash', (owed, handed) => {
  expect(cashAmount(owed)).toBe(handed);
});
