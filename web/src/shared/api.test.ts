import { expect, it } from 'vitest';
import { query } from './api';

it('leaves empty values out of a query', () => {
  expect(query({ search: 'fúró', limit: 20, locationId: null, cursor: undefined, status: '' })).toBe('?search=f%C3%BAr%C3%B3&limit=20');
  expect(query({})).toBe('');
});
