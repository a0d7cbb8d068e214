import type { Page } from '@playwright/test';

/** When the last key of a simulated scanner was pressed, epoch seconds. */
let lastKey = 0;

/**
 * A wedge scanner: types the codes, each with Enter, into whatever has the focus. The events say that the keys are
 * 5 ms apart, however slow the machine is; three codes of five digits are there within 100 ms.
 */
export async function scan(page: Page, ...codes: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  let at = Math.max(Date.now() / 1000, lastKey + 1);
  for (const key of codes.flatMap((code) => [...code.split(''), 'Enter'])) {
    at += 0.005;
    const enter = { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' };
    const event = { key, timestamp: at, ...(key === 'Enter' ? enter : { text: key }) };
    await session.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await session.send('Input.dispatchKeyEvent', { type: 'keyUp', key, timestamp: at + 0.002 });
  }
  lastKey = at;
  await session.detach();
}
