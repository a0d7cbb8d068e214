import { expect, test as base, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { Server } from './server.ts';

/** One signed-in person: a browser profile of their own and its page. */
export class Person {
  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly server: Server,
  ) {}

  toasts(): Locator {
    return this.page.getByTestId('toast');
  }
  digest(): Locator {
    return this.page.getByTestId('digest');
  }
  gap(): Locator {
    return this.page.getByTestId('gap');
  }
  status(): Locator {
    return this.page.getByTestId('connection-status');
  }

  async connected(): Promise<void> {
    await expect(this.status()).toHaveAttribute('data-status', 'connected');
  }

  /** The badge's number; 0 when there is no badge. */
  async badge(): Promise<number> {
    const badge = this.page.getByTestId('notification-badge');
    return (await badge.count()) === 0 ? 0 : Number(await badge.getAttribute('data-count'));
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.server.url + path);
    await this.connected();
  }
}

/** A toast that was in the page, perhaps for a moment only. */
export interface ShownToast {
  eventId: string;
  kind: string;
  text: string;
  /** When it came, epoch milliseconds. */
  at: number;
}

/** Keeps each toast that comes into the page: on a busy machine it has left before a test looks. */
const watchToasts = () => {
  const shown = new Map<string, ShownToast>();
  Object.assign(window, { shownToasts: shown });
  new MutationObserver(() => {
    const now = performance.timeOrigin + performance.now();
    for (const toast of document.querySelectorAll<HTMLElement>('[data-testid="toast"][data-event-id]')) {
      const { eventId = '', kind = '' } = toast.dataset;
      shown.set(eventId, { eventId, kind, text: toast.textContent, at: shown.get(eventId)?.at ?? now });
    }
  }).observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['data-event-id', 'data-testid'],
  });
};

/** Every toast since the page was loaded, the first one first, also those that have left. */
export const shownToasts = (page: Page): Promise<ShownToast[]> =>
  page.evaluate(() => [...(window as unknown as { shownToasts: Map<string, ShownToast> }).shownToasts.values()]);

const toastWith = (text: string, kind?: string) =>
  expect.objectContaining({ text: expect.stringContaining(text), ...(kind === undefined ? {} : { kind }) });

/** Waits until there is or was a toast with this text, of this kind. */
export async function expectToast(page: Page, text: string, kind?: string): Promise<void> {
  await expect.poll(() => shownToasts(page)).toContainEqual(toastWith(text, kind));
}

/** Waits until there is or was a toast with each of these texts, in this order, and no other one. */
export async function expectOnlyToasts(page: Page, texts: readonly string[], kind?: string): Promise<void> {
  await expect.poll(() => shownToasts(page)).toEqual(texts.map((text) => toastWith(text, kind)));
}

/** Closes the toasts that are still there. */
export async function closeToasts(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLElement>('[data-testid="toast-close"]')) button.click();
  });
  await expect(page.getByTestId('toast')).toHaveCount(0);
}

interface Fixtures {
  server: Server;
  /** Signs somebody in with a profile of their own: signIn('operator@budapest.demo'). */
  signIn: (email: string) => Promise<Person>;
}

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.stop();
  },
  signIn: async ({ browser, server }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (email) => {
      const person = await newPerson(browser, server);
      contexts.push(person.context);
      await signIn(person.page, server, email);
      await person.connected();
      return person;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export async function newPerson(browser: Browser, server: Server): Promise<Person> {
  const context = await browser.newContext();
  await context.addInitScript(watchToasts);
  return new Person(context, await context.newPage(), server);
}

export async function signIn(page: Page, server: Server, email: string, password = 'harang-demo'): Promise<void> {
  await page.goto(`${server.url}/login`);
  await page.locator('input[name="email"]').fill(email);
  await page.locator('input[name="password"]').fill(password);
  await page.locator('button[type="submit"]').click();
}

export { expect };
