import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../harness/test.ts';

const paths = [
  '/',
  '/stock',
  '/rentals',
  '/rentals/new',
  '/payments',
  '/payments/closing',
  '/notifications',
  '/partners',
  '/products',
  '/locations',
  '/products/import',
  '/users',
  '/check',
];

/** Sums what moved without anybody's doing, and names what moved. */
const watchShifts = () => {
  const seen = { sum: 0, moved: [] as string[] };
  Object.assign(window, { layoutShifts: seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
      sources?: { node: Node | null }[];
    })[]) {
      if (entry.hadRecentInput) continue;
      seen.sum += entry.value;
      for (const { node } of entry.sources ?? []) {
        if (node instanceof Element) seen.moved.push(`${entry.value.toFixed(4)} ${node.outerHTML.slice(0, 90)}`);
      }
    }
  }).observe({ type: 'layout-shift', buffered: true });
};

const shifts = (page: Page) =>
  page.evaluate(() => (window as unknown as { layoutShifts: { sum: number; moved: string[] } }).layoutShifts);

for (const [device, viewport] of [
  ['desktop', { width: 1440, height: 900 }],
  ['phone', { width: 390, height: 844 }],
] as const) {
  test(`on a ${device} no page moves while it loads, however late its answers come`, async ({ browser, server }) => {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    await page.goto(server.url);
    await signIn(page, server, 'admin@budapest.demo');
    const status = page.getByTestId('connection-status');
    await expect(status).toHaveAttribute('data-status', 'connected');
    await page.addInitScript(watchShifts);
    // Every answer comes after the page has been painted without it.
    await page.route('**/api/v1/**', async (route) => {
      const answer = await route.fetch();
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
      );
      await route.fulfill({ response: answer });
    });
    const moved: string[] = [];
    for (const path of paths) {
      await page.goto(server.url + path);
      await expect(status).toHaveAttribute('data-status', 'connected');
      await page.waitForLoadState('networkidle');
      const { sum, moved: what } = await shifts(page);
      if (sum > 0.01) moved.push(`${path} ${sum.toFixed(4)}: ${what.join('; ')}`);
    }
    expect(moved).toEqual([]);
    await context.close();
  });
}
