import { createRootRoute, createRoute, createRouter, Outlet, redirect } from '@tanstack/react-router';
import type { NotificationSeverity } from '../api/notifications';
import type { PaymentFilter, RentalOrder, RentalStatus, Severity } from '../shared/model';
import { reportClientError } from '../shared/client-errors';
import { CrashPage, MissingPage } from './fallback-pages';
import { lazyPage } from './lazy-page';
import { SignedIn } from './signed-in';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Key of the page's name under `nav`. */
    title?:
      | 'dashboard'
      | 'stock'
      | 'rentals'
      | 'newRental'
      | 'payments'
      | 'partners'
      | 'catalogue'
      | 'closing'
      | 'notifications'
      | 'settings'
      | 'selfCheck'
      | 'account'
      | 'missing';
    /** Whether the header’s location filter means something here. */
    byLocation?: boolean;
  }
}

/** A text of the address; the router reads `?search=1001` as a number. */
const text = (value: unknown): string | undefined => {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
};
const day = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((each) => each === value);

const root = createRootRoute({ component: Outlet, errorComponent: CrashPage });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { redirect?: string } => {
    const redirect = text(search.redirect);
    return redirect === undefined ? {} : { redirect };
  },
  component: lazyPage(() => import('../features/sign-in/sign-in-page'), 'SignInPage'),
});

const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn });

const dashboard = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  staticData: { title: 'dashboard', byLocation: true },
  component: lazyPage(() => import('../features/dashboard/dashboard-page'), 'DashboardPage'),
});

interface StockSearch {
  search?: string;
  /** By name; absent: the worst first. */
  sort?: 'name';
  severity?: Severity;
  location?: string;
}

const stock = createRoute({
  getParentRoute: () => signedIn,
  path: '/stock',
  staticData: { title: 'stock', byLocation: true },
  validateSearch: (search: Record<string, unknown>): StockSearch => {
    const words = text(search.search);
    const severity = oneOf<Severity>(search.severity, ['CRITICAL', 'WARNING', 'OK']);
    const location = text(search.location);
    const sort = oneOf(search.sort, ['name'] as const);
    return {
      ...(words && { search: words }),
      ...(severity && { severity }),
      ...(location && { location }),
      ...(sort && { sort }),
    };
  },
  component: lazyPage(() => import('../features/stock/stock-page'), 'StockPage'),
});

interface RentalsSearch {
  status?: RentalStatus;
  /** Those that are out, whether late or not. */
  out?: true;
  /** Those that are out or returned and not paid in full. */
  owed?: true;
  /** The first and the last day on which they are due (2026-03-02), both included. */
  dueFrom?: string;
  dueTo?: string;
  search?: string;
  /** Absent: what is overdue first. */
  sort?: RentalOrder;
  rental?: string;
}

const rentals = createRoute({
  getParentRoute: () => signedIn,
  path: '/rentals',
  staticData: { title: 'rentals', byLocation: true },
  validateSearch: (search: Record<string, unknown>): RentalsSearch => {
    const status = oneOf<RentalStatus>(search.status, ['AWAITING_PAYMENT', 'OPEN', 'OVERDUE', 'RETURNED', 'CANCELLED']);
    const out = search.out === true;
    const owed = search.owed === true;
    const dueFrom = day(search.dueFrom);
    const dueTo = day(search.dueTo);
    const words = text(search.search);
    const sort = oneOf<RentalOrder>(search.sort, ['-createdAt', 'dueAt']);
    const rental = text(search.rental);
    return {
      ...(status && { status }),
      ...(words && { search: words }),
      ...(sort && { sort }),
      ...(out && { out }),
      ...(owed && { owed }),
      ...(dueFrom && { dueFrom }),
      ...(dueTo && { dueTo }),
      ...(rental && { rental }),
    };
  },
  component: lazyPage(() => import('../features/rentals/rentals-page'), 'RentalsPage'),
});

const slip = createRoute({
  getParentRoute: () => signedIn,
  path: '/rentals/slip',
  staticData: { title: 'rentals' },
  validateSearch: (search: Record<string, unknown>): { rental?: string } => {
    const rental = text(search.rental);
    return rental === undefined ? {} : { rental };
  },
  beforeLoad: ({ search }) => {
    if (search.rental === undefined) throw redirect({ to: '/rentals', replace: true });
  },
  component: lazyPage(() => import('../features/rentals/slip-page'), 'SlipPage'),
});

interface CheckoutSearch {
  /** Absent: the first step. */
  step?: 'items' | 'pay' | 'done';
}

const newRental = createRoute({
  getParentRoute: () => signedIn,
  path: '/rentals/new',
  staticData: { title: 'newRental' },
  validateSearch: (search: Record<string, unknown>): CheckoutSearch => {
    const step = oneOf(search.step, ['items', 'pay', 'done'] as const);
    return { ...(step && { step }) };
  },
  component: lazyPage(() => import('../features/checkout/checkout-page'), 'CheckoutPage'),
});

interface PaymentsSearch {
  status?: PaymentFilter;
  search?: string;
  /** The first and the last day (2026-03-02), both included. */
  from?: string;
  to?: string;
  transaction?: string;
}

const payments = createRoute({
  getParentRoute: () => signedIn,
  path: '/payments',
  staticData: { title: 'payments', byLocation: true },
  validateSearch: (search: Record<string, unknown>): PaymentsSearch => {
    const status = oneOf<PaymentFilter>(search.status, ['TODO', 'PENDING', 'SUCCEEDED', 'DECLINED', 'REVERSED']);
    const words = text(search.search);
    const from = day(search.from);
    const to = day(search.to);
    const transaction = text(search.transaction);
    return {
      ...(status && { status }),
      ...(words && { search: words }),
      ...(from && { from }),
      ...(to && { to }),
      ...(transaction && { transaction }),
    };
  },
  component: lazyPage(() => import('../features/payments/payments-page'), 'PaymentsPage'),
});

interface ClosingSearch {
  /** The first and the last day (2026-03-02), both included; today without them. */
  from?: string;
  to?: string;
}

const closing = createRoute({
  getParentRoute: () => signedIn,
  path: '/payments/closing',
  staticData: { title: 'closing', byLocation: true },
  validateSearch: (search: Record<string, unknown>): ClosingSearch => {
    const from = day(search.from);
    const to = day(search.to);
    return { ...(from && { from }), ...(to && { to }) };
  },
  component: lazyPage(() => import('../features/payments/closing-page'), 'ClosingPage'),
});

interface NotificationsSearch {
  search?: string;
  type?: string;
  severity?: NotificationSeverity;
  unread?: true;
  location?: string;
}

const notifications = createRoute({
  getParentRoute: () => signedIn,
  path: '/notifications',
  staticData: { title: 'notifications', byLocation: true },
  validateSearch: (search: Record<string, unknown>): NotificationsSearch => {
    const words = text(search.search);
    const type = text(search.type);
    const severity = oneOf<NotificationSeverity>(search.severity, ['INFO', 'WARNING', 'CRITICAL']);
    const location = text(search.location);
    return {
      ...(words && { search: words }),
      ...(type && { type }),
      ...(severity && { severity }),
      ...(search.unread === true && { unread: true }),
      ...(location && { location }),
    };
  },
  component: lazyPage(() => import('../features/notifications/notifications-page'), 'NotificationsPage'),
});

interface ArchivedSearch {
  archived?: true;
}

const archivedSearch = (search: Record<string, unknown>): ArchivedSearch =>
  search.archived === true ? { archived: true } : {};

const partners = createRoute({
  getParentRoute: () => signedIn,
  path: '/partners',
  staticData: { title: 'partners' },
  validateSearch: archivedSearch,
  component: lazyPage(() => import('../features/partners/partners-page'), 'PartnersPage'),
});

const partner = createRoute({
  getParentRoute: () => signedIn,
  path: '/partners/$partnerId',
  staticData: { title: 'partners' },
  component: lazyPage(() => import('../features/partners/partner-page'), 'PartnerPage'),
});

const products = createRoute({
  getParentRoute: () => signedIn,
  path: '/products',
  staticData: { title: 'catalogue' },
  validateSearch: archivedSearch,
  component: lazyPage(() => import('../features/catalogue/products-page'), 'ProductsPage'),
});

const locations = createRoute({
  getParentRoute: () => signedIn,
  path: '/locations',
  staticData: { title: 'catalogue' },
  validateSearch: archivedSearch,
  component: lazyPage(() => import('../features/catalogue/locations-page'), 'LocationsPage'),
});

const importing = createRoute({
  getParentRoute: () => signedIn,
  path: '/products/import',
  staticData: { title: 'catalogue' },
  component: lazyPage(() => import('../features/catalogue/import-page'), 'ImportPage'),
});

const users = createRoute({
  getParentRoute: () => signedIn,
  path: '/users',
  staticData: { title: 'settings' },
  component: lazyPage(() => import('../features/admin/users-page'), 'UsersPage'),
});

const apiKeys = createRoute({
  getParentRoute: () => signedIn,
  path: '/api-keys',
  staticData: { title: 'settings' },
  component: lazyPage(() => import('../features/admin/api-keys-page'), 'ApiKeysPage'),
});

const displays = createRoute({
  getParentRoute: () => signedIn,
  path: '/displays',
  staticData: { title: 'settings' },
  component: lazyPage(() => import('../features/admin/displays-page'), 'DisplaysPage'),
});

const connections = createRoute({
  getParentRoute: () => signedIn,
  path: '/connections',
  staticData: { title: 'settings' },
  component: lazyPage(() => import('../features/admin/connections-page'), 'ConnectionsPage'),
});

interface AuditSearch {
  /** Who, by id. */
  actor?: string;
  action?: string;
  /** What it was done to: a type, a colon and an id. */
  subject?: string;
  /** The first and the last day (2026-03-02), both included. */
  since?: string;
  until?: string;
}

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: '/audit',
  staticData: { title: 'settings' },
  validateSearch: (search: Record<string, unknown>): AuditSearch => {
    const actor = text(search.actor);
    const action = text(search.action);
    const subject = text(search.subject);
    const since = day(search.since);
    const until = day(search.until);
    return {
      ...(actor && { actor }),
      ...(action && { action }),
      ...(subject && { subject }),
      ...(since && { since }),
      ...(until && { until }),
    };
  },
  component: lazyPage(() => import('../features/admin/audit-page'), 'AuditPage'),
});

const check = createRoute({
  getParentRoute: () => signedIn,
  path: '/check',
  staticData: { title: 'selfCheck' },
  component: lazyPage(() => import('../features/self-check/self-check-page'), 'SelfCheckPage'),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  staticData: { title: 'account' },
  component: lazyPage(() => import('../features/account/account-page'), 'AccountPage'),
});

// Beside every other page, so that the way on is the menu's.
const missing = createRoute({
  getParentRoute: () => signedIn,
  path: '$',
  staticData: { title: 'missing' },
  component: MissingPage,
});

const routeTree = root.addChildren([
  login,
  signedIn.addChildren([
    dashboard,
    stock,
    rentals,
    newRental,
    slip,
    payments,
    closing,
    partners,
    partner,
    products,
    locations,
    importing,
    notifications,
    users,
    apiKeys,
    displays,
    connections,
    audit,
    check,
    account,
    missing,
  ]),
]);

export function createPageRouter(options: { history?: Parameters<typeof createRouter>[0]['history'] } = {}) {
  return createRouter({
    routeTree,
    defaultPreload: 'intent',
    defaultPreloadDelay: 40,
    scrollRestoration: true,
    defaultErrorComponent: CrashPage,
    defaultOnCatch: (error) => reportClientError('component', error),
    ...(options.history ? { history: options.history } : {}),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}
