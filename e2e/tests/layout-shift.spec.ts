import type { Page, Route } from '@playwright/test';
import { openPage, pages } from '../harness/pages.ts';
import { expect, signIn, test } from '../harness/test.ts';

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

/** Answers a request after the page has been painted without its answer. */
async function answerAfterPaint(route: Route): Promise<void> {
  const response = await route.fetch();
  await route
    .request()
    .frame()
    .evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
    );
  await route.fulfill({ response });
}

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
    await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
    await page.addInitScript(watchShifts);
    const moved: string[] = [];
    for (const path of pages) {
      await page.route('**/api/v1/**', answerAfterPaint);
      await openPage(page, server, path);
      const { sum, moved: what } = await shifts(page);
      if (sum > 0.01) moved.push(`${path} ${sum.toFixed(4)}: ${what.join('; ')}`);
      // The page must not be left while an answer waits for it.
      await page.unrouteAll({ behavior: 'wait' });
    }
    expect(moved).toEqual([]);
    await context.close();
  });
}
