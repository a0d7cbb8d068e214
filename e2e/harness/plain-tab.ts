import { expect, type Browser, type CDPSession } from '@playwright/test';
import type { Server } from './server.ts';

interface Answer {
  id?: number;
  result?: unknown;
  error?: { message: string };
}

/**
 * A tab as a browser has it, hidden or in sight, frozen or awake. Playwright
 * keeps its own pages in sight whatever happens, and such a page cannot be
 * frozen; so this one is spoken to by the browser's protocol alone.
 */
export class PlainTab {
  private number = 0;
  private cover: string | undefined;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  private constructor(
    private readonly browser: CDPSession,
    readonly contextId: string,
    private readonly targetId: string,
    private readonly sessionId: string,
  ) {
    browser.on('Target.receivedMessageFromTarget', ({ sessionId: from, message }) => {
      const answer = JSON.parse(message) as Answer;
      if (from === this.sessionId && answer.id !== undefined) this.waiting.get(answer.id)?.(answer);
    });
  }

  /** Opens a tab in a profile of its own, or beside another one, in front of it. */
  static async open(browser: Browser, url: string, beside?: PlainTab): Promise<PlainTab> {
    const session = beside?.browser ?? (await browser.newBrowserCDPSession());
    const contextId = beside?.contextId ?? (await session.send('Target.createBrowserContext')).browserContextId;
    const { targetId } = await session.send('Target.createTarget', { url, browserContextId: contextId });
    const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
    const tab = new PlainTab(session, contextId, targetId, sessionId);
    await tab.until('location.protocol !== "about:" && document.readyState === "complete"', true);
    return tab;
  }

  /** Opens the page as a user of the demo. */
  static async signedIn(browser: Browser, server: Server, email: string): Promise<PlainTab> {
    const tab = await PlainTab.open(browser, `${server.url}/login`);
    await tab.run(`void fetch('/api/v1/auth/login', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: ${JSON.stringify(email)}, password: 'harang-demo' }),
    }).then(() => location.assign('/'))`);
    await tab.connected();
    return tab;
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    const id = (this.number += 1);
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    await this.browser.send('Target.sendMessageToTarget', {
      sessionId: this.sessionId,
      message: JSON.stringify({ id, method, params }),
    });
    const { result, error } = await answered;
    this.waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Runs an expression in the page. */
  async run(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value?: unknown }; exceptionDetails?: { text: string } };
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until an expression has this value; while a document comes and goes it has none. */
  async until(expression: string, value: unknown, timeout = 30_000): Promise<void> {
    await expect
      .poll(() => this.run(expression).catch(() => undefined), { timeout, message: expression })
      .toEqual(value);
  }

  attribute(testId: string, name: string): string {
    return `document.querySelector('[data-testid="${testId}"]')?.getAttribute('${name}') ?? null`;
  }

  connected(): Promise<void> {
    return this.until(this.attribute('connection-status', 'data-status'), 'connected', 60_000);
  }

  badge(count: number, timeout?: number): Promise<void> {
    return this.until(this.attribute('notification-badge', 'data-count'), String(count), timeout);
  }

  async badgeNow(): Promise<number> {
    return Number(await this.run(this.attribute('notification-badge', 'data-count')));
  }

  async show(): Promise<void> {
    await this.browser.send('Target.activateTarget', { targetId: this.targetId });
  }

  /** Puts another tab in front and lets nothing run in this one any more. */
  async freeze(front?: PlainTab): Promise<void> {
    const targetId =
      front?.targetId ??
      (this.cover ??= (
        await this.browser.send('Target.createTarget', { url: 'about:blank', browserContextId: this.contextId })
      ).targetId);
    await this.browser.send('Target.activateTarget', { targetId });
    await this.until('document.visibilityState', 'hidden');
    await this.send('Page.setWebLifecycleState', { state: 'frozen' });
  }

  /** Lets it run again and brings it back into sight. */
  async wake(): Promise<void> {
    await this.send('Page.setWebLifecycleState', { state: 'active' });
    await this.show();
    await this.until('document.visibilityState', 'visible');
  }

  async close(): Promise<void> {
    await this.browser.send('Target.disposeBrowserContext', { browserContextId: this.contextId });
  }
}
