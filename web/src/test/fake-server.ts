import { answerRequests, type SeenRequest } from './api-server';
import type {
  Claim,
  Location,
  Named,
  Page,
  Payment,
  PaymentFailure,
  Product,
  Rental,
  RentalPayment,
  Role,
  StockAlert,
  StockListItem,
  StoredCard,
  Summary,
  User,
} from '../shared/model';

export type { SeenRequest };

type Handler = (request: SeenRequest) => Response | Promise<Response>;

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json', ...headers },
  });
}

export function problem(
  status: number,
  code: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Response {
  return json({ code, title: code, ...more }, status, headers);
}

export function page<T>(items: T[], nextCursor: string | null = null): Page<T> {
  return { items, nextCursor };
}

export function userOf(role: Role): User {
  return {
    id: `u-${role}`,
    name: 'Szabó Katalin',
    email: 'k@budapest.demo',
    role,
    tenantId: 'budapest',
    tenantName: 'Budapest Gépkölcsönző',
  };
}

/** Answers the page's requests in the test's process and remembers them. */
export class FakeServer {
  readonly requests: SeenRequest[] = [];
  readonly #handlers = new Map<string, Handler>();

  constructor() {
    answerRequests((request) => this.#answer(request));
  }

  /** `route` is a method and a path below /api/v1. The latest handler of a route holds. */
  on(route: string, handler: Handler | object): this {
    this.#handlers.set(route, typeof handler === 'function' ? (handler as Handler) : () => json(handler));
    return this;
  }

  /** The requests to a route so far. */
  seen(route: string): SeenRequest[] {
    return this.requests.filter((each) => `${each.method} ${each.path}` === route);
  }

  #answer(request: SeenRequest): Response | Promise<Response> {
    this.requests.push(request);
    const handler = this.#handlers.get(`${request.method} ${request.path}`);
    return handler ? handler(request) : problem(404, 'NOT_FOUND');
  }
}

const stock = (item: Partial<StockListItem>): StockListItem => ({
  productId: 'p1',
  productName: 'Makita HR2470 fúrókalapács',
  locationId: 'vaci',
  locationName: 'Váci út',
  quantity: 8,
  warningThreshold: 5,
  criticalThreshold: 3,
  severity: 'OK',
  expectedAt: null,
  archived: false,
  dailyPrice: 4900,
  barcodes: [],
  ...item,
});

export const stockItems: StockListItem[] = [
  stock({ quantity: 0, severity: 'CRITICAL' }),
  stock({
    productId: 'p2',
    productName: 'Honda EU22i áramfejlesztő',
    quantity: 4,
    severity: 'WARNING',
    locationId: 'kelenfold',
    locationName: 'Kelenföld',
  }),
  stock({
    productId: 'p3',
    productName: 'Bosch GBH 2-26 fúrókalapács',
    quantity: 3,
    severity: 'OK',
    warningThreshold: 0,
    criticalThreshold: 0,
  }),
];

export const locations: Location[] = [
  { id: 'vaci', name: 'Váci út', archived: false, openingHours: null, rentalTerms: null },
  { id: 'kelenfold', name: 'Kelenföld', archived: false, openingHours: null, rentalTerms: null },
];

export const partners: Named[] = [
  { id: 'alfa', name: 'Alfa Építő Kft.', archived: false },
  { id: 'beta', name: 'Béta Bau Bt.', archived: false },
];

const card = (token: string, label: string): StoredCard => ({
  token,
  label,
  brand: 'Visa',
  last4: '1234',
  expires: '2027-10',
});

export const cards: StoredCard[] = [
  card('tok_ok', 'Próbakártya: sikeres'),
  card('tok_insufficient_funds', 'Próbakártya: nincs fedezet'),
  card('tok_do_not_honour', 'Próbakártya: a bank elutasítja'),
  card('card-7', 'Visa •••• 1234'),
];

/** The barcode of the third product; the others have none. */
export const boschBarcode = '5991234567890';

export const products: Product[] = stockItems.map((item, index) => ({
  id: item.productId,
  name: item.productName,
  dailyPrice: 4000 + index * 500,
  barcodes: item.productId === 'p3' ? [boschBarcode] : [],
  archived: false,
}));

/** Whether the request asks for this product's code, or for none. */
function hasCode(request: SeenRequest, productId: string): boolean {
  const code = request.search.get('code');
  const product = products.find(({ id }) => id === productId);
  return code === null || code === productId || product?.barcodes.includes(code) === true;
}

export function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

export function alertOf(
  item: StockListItem,
  more: { since?: string; eventId?: string | null; claim?: Claim | null } = {},
): StockAlert {
  const { dailyPrice: _price, barcodes: _barcodes, ...stock } = item; // of the list alone
  return { ...stock, since: minutesAgo(4), eventId: `event-${item.productId}`, claim: null, ...more };
}

export function rentalOf(more: Partial<Rental> = {}): Rental {
  const owedAmount = (more.totalValue ?? 42_000) - (more.paidAmount ?? 0);
  return {
    number: 'B-2026-000123',
    owedAmount,
    refundedAmount: 0,
    refundPendingAmount: 0,
    owedCash: Math.round(owedAmount / 5) * 5,
    roundingAmount: 0,
    id: 'r1',
    partnerId: 'beta',
    partnerName: 'Béta Bau Bt.',
    locationId: 'vaci',
    locationName: 'Váci út',
    equipmentCount: 3,
    totalValue: 42_000,
    currency: 'HUF',
    status: 'OPEN',
    lines: [
      { productId: 'p1', productName: 'Makita HR2470 fúrókalapács', quantity: 1, returned: 0, dailyPrice: 4000 },
      { productId: 'p2', productName: 'Honda EU22i áramfejlesztő', quantity: 1, returned: 0, dailyPrice: 4500 },
      { productId: 'p3', productName: 'Bosch GBH 2-26 fúrókalapács', quantity: 1, returned: 0, dailyPrice: 5000 },
    ],
    paidAmount: 0,
    createdBy: { id: 'u1', name: 'Szabó Katalin' },
    closedAt: null,
    dueAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
    createdAt: minutesAgo(6),
    ...more,
  };
}

/** The payment of a checkout, declined. */
export function rentalPaymentOf(more: Partial<RentalPayment> = {}): RentalPayment {
  return { transactionId: 't', method: 'CARD', amount: 42_000, status: 'DECLINED', ...more };
}

export function paymentOf(more: Partial<Payment> = {}): Payment {
  return {
    transactionId: 't1',
    rentalId: 'r2',
    partnerId: 'alfa',
    partnerName: 'Alfa Építő Kft.',
    amount: 18_900,
    rentalNumber: 'B-2026-000123',
    refundedAmount: 0,
    currency: 'HUF',
    method: 'CARD',
    status: 'DECLINED',
    errorCode: 'sandbox:insufficient_funds',
    errorMessage: 'Nincs elég fedezet',
    nextStep: 'kérjen másik kártyát',
    retry: false,
    createdAt: minutesAgo(11),
    ...more,
  };
}

export function failureOf(more: Partial<PaymentFailure> = {}): PaymentFailure {
  return {
    eventId: 'event-t1',
    timestamp: minutesAgo(11),
    transactionId: 't1',
    rentalId: 'r2',
    partnerId: 'alfa',
    partnerName: 'Alfa Építő Kft.',
    amount: 18_900,
    currency: 'HUF',
    status: 'DECLINED',
    errorCode: 'sandbox:insufficient_funds',
    errorMessage: 'Nincs elég fedezet',
    nextStep: 'kérjen másik kártyát',
    retry: false,
    claim: null,
    ...more,
  };
}

/** What another program reported. */
export const foreignFailure = failureOf({
  eventId: 'event-erp',
  timestamp: minutesAgo(3),
  transactionId: 'erp-1',
  rentalId: null,
  partnerName: 'Duna Mélyépítő Zrt.',
  amount: 9_800,
  status: null,
  errorCode: 'erp:7',
  errorMessage: 'A terminál nem válaszol',
});

export const summary: Summary = {
  openRentals: 42,
  dueToday: 6,
  overdue: 2,
  stock: { critical: 4, warning: 9, ok: 87 },
  currency: 'HUF',
  revenueToday: 384_500,
  revenueYesterday: 412_000,
  failedPayments: 3,
  failedAmount: 58_700,
  failedElsewhere: 1,
  failedPaymentsToday: 2,
  failedAmountToday: 28_700,
  revenueByDay: Array.from({ length: 14 }, (_, day) => ({ date: `2026-11-${String(day + 10)}`, amount: day * 30_000 })),
};

/** A shop with something on every page, and a user of the role signed in once the session is restored. */
export function openShop(role: Role): FakeServer {
  const filter = (request: SeenRequest) => {
    const search = (request.search.get('search') ?? '').toLowerCase();
    return (name: string) => name.toLowerCase().includes(search);
  };
  const server = new FakeServer();
  for (const item of stockItems) server.on(`GET /inventory/stock/${item.productId}/${item.locationId}`, item);
  for (const product of products) server.on(`GET /products/${product.id}`, product);
  return server
    .on('POST /auth/refresh', { accessToken: `token-${role}`, expiresIn: 900, user: userOf(role) })
    .on('POST /auth/logout', () => json(undefined, 204))
    .on('GET /locations', page(locations))
    .on('GET /partners', (request) => json(page(partners.filter((each) => filter(request)(each.name)))))
    .on('GET /products', (request) =>
      json(page(products.filter((each) => filter(request)(each.name) && hasCode(request, each.id)))),
    )
    .on('GET /partners/alfa/cards', page(cards))
    .on('GET /partners/beta/cards', page(cards))
    .on('GET /dashboard/summary', summary)
    .on('GET /inventory/alerts', page(stockItems.slice(0, 2).map((item) => alertOf(item))))
    .on('GET /inventory/stock', (request) => {
      const locationId = request.search.get('locationId');
      const severity = request.search.get('severity');
      return json(
        page(
          stockItems.filter(
            (item) =>
              filter(request)(item.productName) &&
              hasCode(request, item.productId) &&
              (locationId === null || item.locationId === locationId) &&
              (severity === null || item.severity === severity),
          ),
        ),
      );
    })
    .on('GET /rentals', (request) => {
      const status = request.search.get('status');
      const locationId = request.search.get('locationId');
      const all = [
        rentalOf(),
        rentalOf({
          id: 'r2',
          partnerId: 'alfa',
          partnerName: 'Alfa Építő Kft.',
          status: 'AWAITING_PAYMENT',
          totalValue: 18_900,
          equipmentCount: 1,
        }),
        rentalOf({
          id: 'r3',
          partnerName: 'Duna Mélyépítő Zrt.',
          status: 'OVERDUE',
          dueAt: new Date(Date.now() - 2 * 86_400_000).toISOString(),
        }),
      ];
      return json(
        page(
          all.filter(
            (each) =>
              (status === null || each.status === status) && (locationId === null || each.locationId === locationId),
          ),
        ),
      );
    })
    .on('GET /refunds', page([]))
    .on('GET /payments/failures', page([foreignFailure, failureOf()]))
    .on('GET /payments', (request) => {
      const status = request.search.get('status');
      const all = [
        paymentOf(),
        paymentOf({
          transactionId: 't2',
          rentalId: 'r1',
          status: 'SUCCEEDED',
          errorCode: null,
          errorMessage: null,
          method: 'CASH',
        }),
      ];
      return json(page(all.filter((each) => status === null || each.status === status)));
    });
}
