import { act, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { mutedLocations } from '../shared/muted-locations';
import { locationFilter } from '../shared/location-filter';
import { session } from '../shared/session';
import { readDraft, saveDraft } from '../shared/session-draft';
import { json, openShop, problem, userOf } from '../test/fake-server';
import { accessibilityProblems, renderPage } from '../test/render-page';
import { safeRedirect } from '../features/sign-in/sign-in-page';

vi.mock('../live/live-provider', () => import('../test/quiet-live'));
vi.mock('../live/connection-chip', () => import('../test/quiet-live'));
vi.mock('../live/notification-bell', () => import('../test/quiet-live'));
vi.mock('../live/toasts', () => import('../test/quiet-live'));
vi.mock('../live/notification-list', () => import('../test/quiet-live'));

beforeEach(() => {
  openShop('OPERATOR');
  return session.signOut();
});

it('sends a stranger to the sign-in form and afterwards to where he wanted to go', async () => {
  openShop('OPERATOR')
    .on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'))
    .on('POST /auth/login', { accessToken: 'a', expiresIn: 900, user: userOf('STORE_MANAGER') });
  const { container, router, user } = await renderPage('/stock?severity=CRITICAL');
  expect(await screen.findByRole('heading', { name: 'Belépés' })).toBeInTheDocument();
  expect(router.state.location.search).toEqual({ redirect: '/stock?severity=CRITICAL' });
  expect(await accessibilityProblems(container)).toEqual([]);
  await user.type(screen.getByLabelText('E-mail-cím'), ' manager@budapest.demo ');
  await user.type(screen.getByLabelText('Jelszó'), 'harang-demo{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: 'Készlet' })).toBeInTheDocument();
  expect(router.state.location.href).toBe('/stock?severity=CRITICAL');
});

it('has the form that programs know: email, password, one submit button', async () => {
  const { container } = await renderPage('/login', { restore: false });
  await screen.findByRole('heading', { name: 'Belépés' });
  expect(container.querySelectorAll('input[name="email"]')).toHaveLength(1);
  expect(container.querySelectorAll('input[name="password"]')).toHaveLength(1);
  expect(container.querySelectorAll('button[type="submit"]')).toHaveLength(1);
});

it('says what is missing, what was wrong, and how long to wait', async () => {
  const answers = [
    problem(401, 'INVALID_CREDENTIALS'),
    problem(429, 'RATE_LIMITED', {}, { 'Retry-After': '30' }),
    problem(429, 'RATE_LIMITED'),
    problem(503, 'UNAVAILABLE'),
  ];
  openShop('OPERATOR').on('POST /auth/login', () => answers.shift() ?? json({}));
  const { user } = await renderPage('/login', { restore: false });
  const submit = await screen.findByRole('button', { name: 'Belépés' });
  await user.click(submit);
  expect(screen.getByText('Adja meg az e-mail-címét.')).toBeInTheDocument();
  expect(screen.getByText('Adja meg a jelszavát.')).toBeInTheDocument();
  await user.type(screen.getByLabelText('E-mail-cím'), 'a@b.hu');
  await user.type(screen.getByLabelText('Jelszó'), 'x');
  await user.click(submit);
  expect(await screen.findByRole('alert')).toHaveTextContent('Az e-mail-cím vagy a jelszó nem egyezik.');
  expect(screen.getByLabelText('Jelszó')).toHaveValue('');
  await user.type(screen.getByLabelText('Jelszó'), 'y');
  await user.click(submit);
  await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('Próbálja újra 30 másodperc múlva.'));
  await user.click(submit);
  await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('kicsit később'));
  await user.click(submit);
  await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('átmenetileg nem érhető el'));
});

it('never redirects to another site', () => {
  expect(safeRedirect('/payments?status=DECLINED')).toBe('/payments?status=DECLINED');
  for (const target of [
    undefined,
    '',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/login?redirect=/login',
  ]) {
    expect(safeRedirect(target)).toBe('/');
  }
});

it('shows each role its pages', async () => {
  await renderPage('/stock');
  const navigation = await screen.findByRole('navigation', { name: 'Fő menü' });
  expect(
    within(navigation)
      .getAllByRole('link')
      .map((link) => link.textContent),
  ).toEqual(['Irányítópult', 'Készlet', 'Bérlések', 'Értesítések', 'Partnerek', 'Katalógus']);
  expect(within(navigation).getByRole('link', { name: 'Készlet' })).toHaveAttribute('aria-current', 'page');
  openShop('ADMIN');
  await act(() => session.refresh());
  await waitFor(() =>
    expect(
      within(screen.getByRole('navigation', { name: 'Fő menü' }))
        .getAllByRole('link')
        .map((link) => link.textContent),
    ).toContain('Fizetések'),
  );
});

it('signs out to the form', async () => {
  const { user } = await renderPage('/stock');
  await user.click(await screen.findByTestId('logout'));
  expect(await screen.findByText('Kilépett.')).toBeInTheDocument();
});

it('says that the session has ended, when it has', async () => {
  const server = openShop('OPERATOR');
  await renderPage('/stock');
  await screen.findAllByTestId('stock-row');
  server.on('POST /auth/refresh', () => problem(401, 'UNAUTHENTICATED'));
  await act(() => session.refresh());
  expect(await screen.findByText('A munkamenet véget ért. Lépjen be újra.')).toBeInTheDocument();
});

it('switches to English, remembers it, and back', async () => {
  const { user } = await renderPage('/stock');
  await user.click(await screen.findByRole('button', { name: /Felhasználói menü/ }));
  await user.click(await screen.findByRole('menuitemradio', { name: 'English' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Stock' })).toBeInTheDocument();
  expect(localStorage.getItem('harang-language')).toBe('en');
  expect(document.documentElement.lang).toBe('en');
});

it('switches the sign-in form’s language', async () => {
  const { user } = await renderPage('/login', { restore: false });
  await user.click(await screen.findByRole('button', { name: 'English' }));
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Magyar' }));
  expect(await screen.findByRole('heading', { name: 'Belépés' })).toBeInTheDocument();
});

it('switches the colours and remembers them', async () => {
  const { user } = await renderPage('/stock');
  await user.click(await screen.findByRole('button', { name: /Felhasználói menü/ }));
  await user.click(await screen.findByRole('menuitemradio', { name: 'Sötét' }));
  await waitFor(() => expect(document.documentElement).toHaveAttribute('data-color-scheme', 'dark'));
  expect(localStorage.getItem('harang-color-scheme')).toBe('dark');
  await user.click(screen.getByRole('button', { name: /Felhasználói menü/ }));
  await user.click(await screen.findByRole('menuitemradio', { name: 'Rendszer szerint' }));
  await waitFor(() => expect(localStorage.getItem('harang-color-scheme')).toBeNull());
});

it('forgets a location that the shop does not have', async () => {
  localStorage.setItem('harang-place', 'gone');
  const { setLocationFilter } = await import('../shared/location-filter');
  await renderPage('/stock');
  act(() => setLocationFilter('gone'));
  await waitFor(() => expect(locationFilter()).toBeNull());
});

it('mutes a location on this device, says so in the header, and leads back', async () => {
  const { user } = await renderPage('/stock');
  await screen.findAllByTestId('stock-row');
  expect(screen.queryByTestId('muted-places')).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: /Felhasználói menü/ }));
  await user.click(await screen.findByRole('menuitem', { name: 'Felugró értesítések' }));
  await user.click(await screen.findByRole('switch', { name: 'Kelenföld' }));
  expect(mutedLocations()).toEqual(['kelenfold']);
  expect(localStorage.getItem('harang-muted/budapest/u-OPERATOR')).toBe('["kelenfold"]');
  await user.click(screen.getByRole('button', { name: 'Kész' }));
  expect(await screen.findByTestId('muted-places')).toHaveTextContent('Kelenföld néma');
  await user.click(screen.getByTestId('muted-places'));
  await user.click(await screen.findByRole('button', { name: 'Mind felugorhat' }));
  expect(screen.queryByTestId('muted-places')).not.toBeInTheDocument();
  expect(localStorage.getItem('harang-muted/budapest/u-OPERATOR')).toBeNull();
});

it('keeps what is muted apart for each user, follows other tabs, and survives rubbish', async () => {
  localStorage.setItem('harang-muted/budapest/u-OPERATOR', '["vaci"]');
  await renderPage('/stock');
  expect(await screen.findByTestId('muted-places')).toHaveTextContent('Váci út néma');
  localStorage.setItem('harang-muted/budapest/u-OPERATOR', '["vaci","kelenfold"]');
  act(() => void window.dispatchEvent(new StorageEvent('storage')));
  expect(screen.getByTestId('muted-places')).toHaveTextContent('2 telephely néma');
  localStorage.setItem('harang-muted/budapest/u-OPERATOR', '{');
  expect(mutedLocations()).toEqual([]);
  localStorage.setItem('harang-muted/budapest/u-OPERATOR', '["vaci"]');
  openShop('ADMIN');
  await act(() => session.refresh());
  expect(mutedLocations()).toEqual([]);
});

it('moves the keyboard to the new page', async () => {
  const { user } = await renderPage('/stock');
  await screen.findAllByTestId('stock-row');
  await user.click(screen.getByRole('link', { name: 'Értesítések' }));
  expect(await screen.findByText('notification list')).toBeInTheDocument();
  await waitFor(() => expect(screen.getByRole('main')).toHaveFocus());
  expect(document.title).toBe('Értesítések · Harang');
});

it('asks for the figures of "today" anew when the shop’s midnight has passed', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T22:59:30Z') });
  try {
    const server = openShop('OPERATOR');
    await renderPage('/');
    await screen.findAllByTestId('alert-row');
    const summaries = () => server.seen('GET /dashboard/summary').length;
    const first = summaries();
    expect(first).toBeGreaterThan(0);
    const look = () => act(() => void document.dispatchEvent(new Event('visibilitychange')));
    look();
    expect(summaries()).toBe(first);
    vi.setSystemTime(new Date('2026-11-23T23:00:05Z'));
    look();
    await waitFor(() => expect(summaries()).toBe(first + 1));
  } finally {
    vi.useRealTimers();
  }
});

it('forgets on sign-out what a tab kept, and shows no user what another began', async () => {
  openShop('OPERATOR');
  const { user } = await renderPage('/stock');
  await screen.findAllByTestId('stock-row');
  saveDraft('checkout', { partner: { id: 'beta', name: 'Béta Bau Bt.' } });
  expect(readDraft('checkout')).not.toBeNull();
  openShop('ADMIN');
  await act(() => session.refresh());
  expect(readDraft('checkout')).toBeNull();
  await user.click(await screen.findByTestId('logout'));
  await screen.findByText('Kilépett.');
  expect(sessionStorage).toHaveLength(0);
});

it('offers a way back from an address that is not there', async () => {
  await renderPage('/nowhere');
  expect(await screen.findByRole('heading', { level: 1, name: 'Nincs ilyen oldal' })).toBeInTheDocument();
  expect(screen.getByRole('navigation', { name: 'Fő menü' })).toBeInTheDocument();
  expect(await screen.findByRole('link', { name: 'Vissza az irányítópultra' })).toHaveAttribute('href', '/');
});
