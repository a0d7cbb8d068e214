import { execFileSync } from 'node:child_process';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { Api } from './api.ts';
import { expect, test as base } from './test.ts';
import type { Server } from './server.ts';

function findFirefox(): string {
  for (const name of ['firefox-esr', 'firefox']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // not this one
    }
  }
  throw new Error('No Firefox on PATH: run make deps');
}

const byTestId = (testId: string) => `[data-testid="${testId}"]`;

/** One tab of Firefox, driven by WebDriver BiDi. */
export class FirefoxTab {
  constructor(
    readonly page: Page,
    private readonly server: Server,
  ) {}

  /** The attribute of the first element with this test id; null without one. */
  attribute(testId: string, name: string): Promise<string | null> {
    const read = (selector: string, attribute: string) =>
      document.querySelector(selector)?.getAttribute(attribute) ?? null;
    return this.page.evaluate(read, byTestId(testId), name);
  }

  /** The texts of the elements with this test id. */
  texts(testId: string): Promise<string[]> {
    const read = (selector: string) => Array.from(document.querySelectorAll(selector), (each) => each.textContent);
    return this.page.evaluate(read, byTestId(testId));
  }

  async click(testId: string): Promise<void> {
    await this.page.locator(byTestId(testId)).click();
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.server.url + path);
    await this.status('connected');
  }

  async signIn(email: string): Promise<void> {
    await this.page.goto(`${this.server.url}/login`);
    await this.page.locator('input[name="email"]').fill(email);
    await this.page.locator('input[name="password"]').fill('harang-demo');
    await this.page.locator('button[type="submit"]').click();
    await this.status('connected');
  }

  /** Waits until the connection has this status. */
  async status(status: 'connected' | 'reconnecting' | 'disconnected'): Promise<void> {
    await expect.poll(() => this.attribute('connection-status', 'data-status')).toBe(status);
  }

  async badge(): Promise<number> {
    return Number((await this.attribute('notification-badge', 'data-count')) ?? 0);
  }

  async expectBadge(count: number): Promise<void> {
    await expect.poll(() => this.badge()).toBe(count);
  }

  async expectToast(text: string): Promise<void> {
    await expect.poll(async () => (await this.texts('toast')).some((each) => each.includes(text))).toBe(true);
  }
}

/** A Firefox with a profile of its own. */
export class Firefox {
  private constructor(
    private readonly browser: Browser,
    private readonly server: Server,
  ) {}

  static async launch(server: Server): Promise<Firefox> {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: findFirefox(),
      headless: true,
      // The tests' own limit ends what never comes.
      timeout: 0,
      protocolTimeout: 600_000,
    });
    return new Firefox(browser, server);
  }

  /** Opens another tab in front of those before it. */
  async open(): Promise<FirefoxTab> {
    const page = await this.browser.newPage();
    page.setDefaultTimeout(0);
    await page.bringToFront();
    return new FirefoxTab(page, this.server);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

interface Fixtures {
  firefox: Firefox;
  /** Sends stock alerts of another program to the shop in Budapest. */
  other: Api;
}

export const test = base.extend<Fixtures>({
  firefox: async ({ server }, use) => {
    const firefox = await Firefox.launch(server);
    await use(firefox);
    await firefox.close();
  },
  other: async ({ server }, use) => {
    await use(new Api(server, await server.apiKey('budapest')));
  },
});

export { expect };
