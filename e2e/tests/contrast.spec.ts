import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { CDPSession, Page } from '@playwright/test';
import type * as Axe from 'axe-core';
import { Api } from '../harness/api.ts';
import { openPage, pages } from '../harness/pages.ts';
import { expect, signIn, test } from '../harness/test.ts';

declare const axe: typeof Axe & {
  commons: {
    color: {
      getBackgroundColor: (element: Element, behind: Element[]) => unknown;
      getForegroundColor: (element: Element, hidden: boolean, background: unknown) => unknown;
      getContrast: (background: unknown, foreground: unknown) => number;
    };
  };
};

const source = await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

const controls =
  'a[href], button, input, select, textarea, option, [role="menuitem"], [role="option"], [role="switch"], [role="tab"]';

/** The states of a control that its colours may depend on. Disabled and selected ones are among those of each page. */
const states: readonly string[][] = [[], ['hover'], ['focus', 'focus-visible'], ['active', 'hover']];

/** How many controls of one look are examined: those of the same classes and states, in parents of the same. */
const ofOneLook = 2;

/** Marks the controls to examine: all that look different, and a second one of each. */
function choose(page: Page): Promise<number> {
  return page.evaluate(
    ([selector, most]) => {
      const seen = new Map<string, number>();
      const lookOf = (element: Element | null): string => {
        if (!element || element === document.body) return '';
        const states = [...element.attributes].filter(
          ({ name }) =>
            /^(class|type|disabled|role)$|^data-|^aria-/.test(name) && !/id$|label|controls|chosen/.test(name),
        );
        const own = states.map(({ name, value }) => `${name}=${value}`).join(' ');
        return `${lookOf(element.parentElement)} > ${element.tagName} ${own}`;
      };
      let chosen = 0;
      for (const element of document.querySelectorAll<HTMLElement>(selector)) {
        if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        const look = lookOf(element);
        const times = (seen.get(look) ?? 0) + 1;
        seen.set(look, times);
        element.toggleAttribute('data-chosen', times <= most);
        chosen += Number(times <= most);
      }
      return chosen;
    },
    [controls, ofOneLook] as const,
  );
}

/** Puts the controls of the page into one state at a time, and lists those whose text is too faint in it. */
async function faint(page: Page, session: CDPSession, where: string): Promise<string[]> {
  const found: string[] = [];
  await page.evaluate(() => {
    const still = new CSSStyleSheet();
    still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }');
    document.adoptedStyleSheets = [still];
  });
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
  const { root } = await session.send('DOM.getDocument', { depth: 0 });
  expect(await choose(page), `controls of ${where}`).toBeGreaterThan(2);
  const { nodeIds } = await session.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector: '[data-chosen]' });
  const force = (forcedPseudoClasses: string[]) =>
    Promise.all(nodeIds.map((nodeId) => session.send('CSS.forcePseudoState', { nodeId, forcedPseudoClasses })));
  for (const state of states) {
    await force(state);
    const texts = await page.evaluate(() => {
      const low: string[] = [];
      axe.setup(document.body);
      const color = axe.commons.color;
      for (const element of document.querySelectorAll<HTMLElement>('[data-chosen]')) {
        const parts = [element, ...element.querySelectorAll<HTMLElement>('*')].filter(
          (each) =>
            (each instanceof HTMLInputElement && !['checkbox', 'radio'].includes(each.type)) ||
            each instanceof HTMLSelectElement ||
            [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== ''),
        );
        for (const part of parts) {
          const box = part.getBoundingClientRect();
          if (box.width < 2 || box.height < 2) continue; // only read aloud
          const background = color.getBackgroundColor(part, []);
          if (!background) continue; // covered, or out of sight
          const contrast = color.getContrast(background, color.getForegroundColor(part, false, background));
          const { fontSize, fontWeight } = getComputedStyle(part);
          const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
          const disabled = element.matches(':disabled, [aria-disabled="true"], [data-disabled]');
          if (contrast < (large || disabled ? 3 : 4.5)) {
            low.push(
              `${part.tagName.toLowerCase()} "${(part.textContent || part.id).trim().slice(0, 30)}" ${contrast.toFixed(2)}`,
            );
          }
        }
      }
      axe.teardown();
      return [...new Set(low)];
    });
    found.push(...texts.map((text) => `${where} [${state.join(' ') || 'at rest'}] ${text}`));
  }
  await force([]);
  return found;
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the text of every control of the ${colorScheme} page is readable at rest, hovered, focused, pressed, selected and disabled`, async ({
    browser,
    server,
  }) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('DOM.enable');
    await session.send('CSS.enable');
    const found: string[] = [];
    const look = async (where: string) => {
      found.push(...(await faint(page, session, where)));
    };
    await page.goto(`${server.url}/login`);
    await expect(page.locator('input[name="email"]')).toBeVisible();
    await look('/login');
    await signIn(page, server, 'admin@budapest.demo');
    await expect(page.getByTestId('connection-status')).toHaveAttribute('data-status', 'connected');
    for (const path of pages) {
      await openPage(page, server, path);
      await look(path);
    }
    await page.goto(server.url);
    await page.getByRole('button', { name: /Felhasználói menü/ }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await look('user menu');
    await page.keyboard.press('Escape');
    await page.getByTestId('alert-row').first().getByRole('button', { name: 'Megrendelve' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await look('window');
    await page.keyboard.press('Escape');
    await page.getByTestId('notification-bell').click();
    await expect(page.getByTestId('notification-item').first()).toBeVisible();
    await look('panel');
    await page.goto(`${server.url}/rentals/new`);
    await page.getByTestId('wizard-partner').click();
    await expect(page.getByRole('option').first()).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await look('choices');

    const admin = await Api.login(server, 'admin@budapest.demo');
    await admin.setPassword('operator@budapest.demo', 'pultos jelszava');
    await page.goto(server.url);
    await page.getByTestId('logout').click();
    await expect(page).toHaveURL(/\/login/);
    await signIn(page, server, 'operator@budapest.demo', 'pultos jelszava');
    await expect(page.getByTestId('password-required')).toBeVisible();
    await page.locator('input[name="newPassword"]').press('Enter');
    await expect(page.locator('.field-error').first()).toBeVisible();
    await look('new password');
    expect(found).toEqual([]);
    await context.close();
  });
}
