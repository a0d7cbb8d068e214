import type { Api } from './api.ts';

export interface Line {
  productId: string;
  quantity: number;
  returned: number;
}

export interface Rental {
  id: string;
  status: string;
  totalValue: number;
  paidAmount: number;
  owedAmount: number;
  roundingAmount: number;
  refundedAmount: number;
  dueAt: string;
  lines: Line[];
}

interface Named {
  id: string;
  name: string;
}

/** What a test rents: one product at one place, and a partner. */
export interface Goods {
  partner: Named;
  location: Named;
  product: Named;
}

/** A product of its own with this price a day and 10 pieces at the first location. */
export async function goods(admin: Api, dailyPrice: number): Promise<Goods> {
  const first = async (path: string) => (await admin.call<{ items: Named[] }>('GET', `${path}?limit=1`)).items[0]!;
  const product = { id: 'proba-szivattyu', name: 'Próbaszivattyú' };
  const [partner, location] = await Promise.all([first('/partners'), first('/locations')]);
  await admin.call('PUT', `/products/${product.id}`, { name: product.name, dailyPrice });
  await admin.call('PUT', `/inventory/stock/${product.id}/${location.id}`, {
    quantity: 10,
    warningThreshold: 0,
    criticalThreshold: 0,
  });
  return { partner, location, product };
}

/** A day of the shop, `2026-11-25`, this many days from today. */
export function shopDay(ahead: number): string {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Budapest' }).format(new Date());
  return new Date(Date.parse(today) + ahead * 86_400_000).toISOString().slice(0, 10);
}

/** Rents pieces for whole days, paid at once, or later without a payment. */
export function rent(
  api: Api,
  { partner, location, product }: Goods,
  { quantity, days, payment }: { quantity: number; days: number; payment?: { method: string; cardToken?: string } },
): Promise<Rental> {
  return api.call<Rental>('POST', '/rentals', {
    partnerId: partner.id,
    locationId: location.id,
    dueAt: shopDay(days),
    lines: [{ productId: product.id, quantity }],
    ...(payment && { payment }),
  });
}

export const piecesInStock = async (api: Api, { location, product }: Goods): Promise<number> =>
  (await api.call<{ quantity: number }>('GET', `/inventory/stock/${product.id}/${location.id}`)).quantity;
