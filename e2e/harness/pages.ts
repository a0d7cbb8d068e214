import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { routePaths } from '../../web/routes.ts';
import type { Server } from './server.ts';
import { expect } from './test.ts';

/** The paths of the pages behind the sign-in form. */
export const pages = routePaths(resolve(import.meta.dirname, '../../web')).filter(
  (path) => path !== '/login' && !path.includes('$'),
);

/** Opens a page and waits until it is connected and has what it asks the server for. */
export async function openPage(page: Page, server: Server, path: string): Promise<void> {
  await page.goto(server.url + path);
  await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  await page.waitForLoadState('networkidle');
}
