import { fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anna, LivePage, Problem, type SeenRequest } from '../test/live-page';
import { everything, NotificationList } from './notification-list';

const item = {
  eventId: 'e 1',
  timestamp: '2026-02-04T13:09:00.000Z',
  type: 'rental_created',
  data: {
    rentalId: 'r',
    partnerId: 'p',
    partnerName: 'Béta Bau Bt.',
    equipmentCount: 3,
    totalValue: 42000,
    currency: 'HUF',
  },
  readAt: null,
  claim: null,
};
const trace = {
  eventId: 'e 1',
  type: 'rental_created',
  committedAt: '2026-02-04T13:09:00.000Z',
  relayedAt: null,
  sentAt: null,
  seenAt: null,
  listeners: 2,
  seenBy: 0,
  relayedMs: 1,
  sentMs: 4,
  seenMs: null,
};

let page: LivePage;
let answer: unknown;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-02-04T14:10:00+01:00').getTime() });
  page = new LivePage();
  page.user = { ...anna, role: 'ADMIN' };
  answer = trace;
  page.answer = ({ path }: SeenRequest) => {
    if (path.startsWith('/admin/events/')) return answer;
    return {
      items: path === '/notifications' ? [item] : [],
      unreadCount: 1,
      head: 'e1:m:10',
      version: 1,
      nextCursor: null,
    };
  };
});

afterEach(async () => {
  await page.close();
  vi.useRealTimers();
});

async function open(): Promise<void> {
  await page.open(<NotificationList chosen={everything} onChoose={() => undefined} />);
  await page.settle();
}

const steps = () =>
  within(screen.getByTestId('journey'))
    .getAllByRole('listitem')
    .map((each) => each.textContent.replace('\u00a0', ' '));

describe('the delivery trace of an event', () => {
  it('shows administrators each step, and is updated while it is open', async () => {
    await open();
    expect(page.requests('GET', '/admin/events/e%201/journey')).toHaveLength(0);
    await page.settle(() =>
      fireEvent.click(screen.getByRole('button', { name: 'Útja: Új bérlés: Béta Bau Bt. - 3 tétel' })),
    );
    expect(steps()).toEqual([
      'Véglegesítve14:09:000 ms',
      'Továbbítva1 ms',
      'Elküldve2 kapcsolatra4 ms',
      'Képernyőn láttákmég nem',
    ]);
    answer = { ...trace, seenBy: 3, seenMs: 812 };
    await page.pass(5100);
    expect(steps()[3]).toBe('Képernyőn látták3 alkalommal812 ms');
    await page.settle(() => fireEvent.click(screen.getByTestId('journey-toggle')));
    expect(screen.queryByTestId('journey')).toBeNull();
  });

  it('says when this server knows nothing of it, and when it cannot be asked', async () => {
    answer = new Problem(404, 'NOT_FOUND');
    await open();
    await page.settle(() => fireEvent.click(screen.getByTestId('journey-toggle')));
    expect(screen.getByTestId('journey-gone')).toHaveTextContent('másik szerver kézbesítette, azóta újraindult');
    answer = new Problem(503, 'UNAVAILABLE');
    await page.pass(5100);
    expect(screen.getByRole('alert')).toHaveTextContent('átmenetileg nem érhető el');
    answer = trace;
    await page.settle(() => fireEvent.click(screen.getByRole('button', { name: 'Újra' })));
    expect(steps()).toHaveLength(4);
  });

  it.each(['OPERATOR', 'STORE_MANAGER'] as const)('is not offered to %s', async (role) => {
    page.user = { ...anna, role };
    await open();
    expect(screen.getAllByTestId('notification-item')).toHaveLength(1);
    expect(screen.queryByTestId('journey-toggle')).toBeNull();
  });
});
