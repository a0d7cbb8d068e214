import { expect, test } from 'vitest';
import { routePaths } from '../../routes';
import { createPageRouter } from './router';

test('the server knows every route of the page', () => {
  const routes = Object.keys(createPageRouter().routesByPath).filter((path) => path !== '/$');
  expect(routePaths(process.cwd()).sort()).toEqual(routes.sort());
});
