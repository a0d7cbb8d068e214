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

/** Marks when each toast stood in the page, by event id, in epoch milliseconds. */
const watchToasts = () => {
  const seen: Record<string, number> = {};
  Object.assign(window, { toastSeenAt: seen });
  const mark = (node: Node) => {
    if (!(node instanceof Element)) return;
    for (const toast of [node, ...node.querySelectorAll('[data-testid="toast"]')]) {
      const id = toast.getAttribute('data-testid') === 'toast' ? toast.getAttribute('data-event-id') : null;
      if (id) seen[id] ??= performance.timeOrigin + performance.now();
    }
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      change.addedNodes.forEach(mark);
      if (change.type === 'attributes') mark(change.target);
    }
  }).observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['data-event-id', 'data-testid'],
  });
};

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
