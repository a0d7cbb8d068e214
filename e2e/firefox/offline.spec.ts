import { expect, test } from '../harness/firefox.ts';

for (const { sent, digest, gap } of [
  { sent: 3, digest: 3, gap: null },
  { sent: 60, digest: 50, gap: '10' },
])
  test(`Firefox: ${sent} events while offline are one digest of ${digest}, no toast, and the right badge`, async ({
    firefox,
    other,
  }) => {
    const tab = await firefox.open();
    await tab.signIn('manager@budapest.demo');
    // A first event gives the client a position to resume from.
    await other.ring(1, 'elotte');
    await tab.expectToast('Próba elotte 1');
    const before = await tab.badge();
    await tab.click('toast-close');
    await expect.poll(() => tab.texts('toast')).toEqual([]);

    await tab.page.setOfflineMode(true);
    await tab.status('disconnected');
    await other.ring(sent, 'kozben');
    await tab.page.setOfflineMode(false);

    await tab.status('connected');
    await expect.poll(() => tab.attribute('digest', 'data-count')).toBe(String(digest));
    if (gap === null) expect(await tab.texts('gap')).toEqual([]);
    else await expect.poll(async () => (await tab.texts('gap'))[0]).toContain(gap);
    expect(await tab.texts('toast')).toEqual([]);
    await tab.expectBadge(before + sent);
  });
