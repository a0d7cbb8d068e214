import { expect, it, vi } from 'vitest';
import { loadWithRetry, type Loading } from './load-with-retry';

/** A browser whose waits end when the test says so. */
function browser(answers: () => boolean) {
  const waits: { ms: number; end: () => void }[] = [];
  const fake = {
    wait: vi.fn((ms: number) => new Promise<void>((resolve) => waits.push({ ms, end: resolve }))),
    serverAnswers: () => Promise.resolve(answers()),
    repairStyles: vi.fn(() => Promise.resolve()),
    reload: vi.fn(() => true),
  } satisfies Loading;
  const nextWait = async () => {
    await vi.waitFor(() => expect(waits.length).toBeGreaterThan(0));
    const [wait] = waits.splice(0, 1);
    wait?.end();
    return wait?.ms;
  };
  return { fake, nextWait };
}

const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));

it('loads once for all callers', async () => {
  const load = vi.fn(() => Promise.resolve({ page: 1 }));
  const get = loadWithRetry(load, browser(() => true).fake);
  const [one, two] = await Promise.all([get(), get()]);
  expect(one).toBe(two);
  expect(load).toHaveBeenCalledTimes(1);
});

it('waits for a server that is gone, longer each time, and goes on by itself when it is back', async () => {
  let there = false;
  const { fake, nextWait } = browser(() => there);
  const load = vi.fn(() => (there ? Promise.resolve({ page: 1 }) : gone()));
  const loading = loadWithRetry(load, fake)();
  const waits = [];
  for (let each = 0; each < 5; each++) waits.push(await nextWait());
  expect(waits).toEqual([1000, 2000, 4000, 5000, 5000]);
  there = true;
  await nextWait();
  await expect(loading).resolves.toEqual({ page: 1 });
  expect(fake.reload).not.toHaveBeenCalled();
  expect(fake.repairStyles).toHaveBeenCalledTimes(1);
});

it('reloads the page when the server answers and the code is gone: a newer page has replaced it', async () => {
  const { fake, nextWait } = browser(() => true);
  void loadWithRetry(gone, fake)();
  expect(await nextWait()).toBe(1000);
  await vi.waitFor(() => expect(fake.reload).toHaveBeenCalledTimes(1));
});

it('throws when a reload has not helped, and begins anew at the next call', async () => {
  const { fake, nextWait } = browser(() => true);
  fake.reload.mockReturnValue(false);
  let broken = true;
  const get = loadWithRetry(() => (broken ? gone() : Promise.resolve({ page: 1 })), fake);
  const loading = get();
  void nextWait();
  await expect(loading).rejects.toThrow('Failed to fetch');
  broken = false;
  await expect(get()).resolves.toEqual({ page: 1 });
});
