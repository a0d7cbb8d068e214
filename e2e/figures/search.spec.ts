import { expect, test } from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Server } from '../harness/server.ts';
import { signIn } from '../harness/test.ts';

// From the last key to the found product on the screen, in the checkout of a
// shop with 5,000 products.
test('product search as you type, 5,000 products', async ({ browser }) => {
  const server = await Server.start();
  const kinds = [
    'fúrókalapács',
    'betonkeverő',
    'áramfejlesztő',
    'lapvibrátor',
    'létra',
    'kompresszor',
    'sarokcsiszoló',
    'porszívó',
  ];
  const rows = Array.from(
    { length: 5000 },
    (_, i) => `sok-${i},Gép ${i} ${kinds[i % kinds.length]!},1000,vaci-ut,Váci út,5,2,1`,
  );
  const file = join(server.directory, 'sok.csv');
  await writeFile(
    file,
    [
      'productId,productName,dailyPrice,locationId,locationName,quantity,warningThreshold,criticalThreshold',
      ...rows,
    ].join('\n'),
  );
  await server.command('import', '--tenant', 'budapest', file);

  const page = await (await browser.newContext()).newPage();
  await signIn(page, server, 'operator@budapest.demo');
  await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
  await page.goto(`${server.url}/rentals/new`);
  await page.getByTestId('wizard-partner').click();
  await page.getByRole('option').first().click();
  await page.getByTestId('wizard-next').click();
  await page.getByTestId('wizard-location').selectOption('vaci-ut');
  const search = page.getByTestId('wizard-product-search');
  await expect(page.getByTestId('wizard-add').first()).toBeVisible();

  const delays: number[] = [];
  for (const n of [4711, 123, 2048, 999, 3500, 77, 4321, 1500, 2750, 4999]) {
    await search.fill(`Gép ${String(n).slice(0, -1)}`);
    await page.waitForLoadState('networkidle');
    const shown = page.evaluate(
      (id) =>
        new Promise<number>((done) => {
          const input = document.querySelector('[data-testid="wizard-product-search"]')!;
          let typed = 0;
          input.addEventListener(
            'input',
            () => {
              typed = performance.now();
            },
            { once: true },
          );
          const look = () => {
            const first = document.querySelector('[data-testid="wizard-add"]');
            if (typed > 0 && first?.getAttribute('data-product-id') === id) done(performance.now() - typed);
            else requestAnimationFrame(look);
          };
          look();
        }),
      `sok-${n}`,
    );
    await search.press('End');
    await search.press(String(n).slice(-1));
    delays.push(await shown);
  }
  delays.sort((a, b) => a - b);
  console.log(`key to found product, ms: ${delays.map((d) => d.toFixed(0)).join(' ')}`);
  await server.stop();
});
