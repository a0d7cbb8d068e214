import { IconPlus } from '@tabler/icons-react';
import { Link, Outlet, useLocation, useMatches } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { ConnectionChip } from '../../live/connection-chip';
import { OfflineBanner } from '../../live/offline-banner';
import { NotificationBell } from '../../live/notification-bell';
import { Toasts } from '../../live/toasts';
import { useFocusRestoreAfterBusy } from '../../shared/focus-restore';
import { useTranslation } from '../../shared/i18n/i18n';
import { loadWithRetry } from '../../shared/load-with-retry';
import { usePageTitle } from '../../shared/page-title';
import { useUser } from '../../shared/session';
import { BellMark } from '../../shared/ui/bell-mark';
import { ErrorBoundary } from '../../shared/ui/error-boundary';
import { LoadingNote } from './loading-note';
import { MuteChip } from './mute-chip';
import { Navigation } from './navigation';
import { LocationFilter } from './location-filter';
import { LogoutButton, UserMenu } from './user-menu';
import classes from './shell.module.css';

const MuteLocations = lazy(loadWithRetry(async () => ({ default: (await import('./mute-locations')).MuteLocations })));

/** Navigation at the left (below on a phone), header on top, the page in the middle. */
export function Shell() {
  const { t } = useTranslation();
  const user = useUser();
  const data = useMatches({ select: (matches) => matches.at(-1)?.staticData });
  const title = data?.title === undefined ? t('app.name') : t(`nav.${data.title}`);
  const [muting, setMuting] = useState(false);
  const main = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  const before = useRef(path);

  useFocusRestoreAfterBusy();
  usePageTitle(`${title} · ${t('app.name')}`);

  // After a change of page the keyboard goes on from the new page's beginning.
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        {t('nav.skip')}
      </a>
      <aside className={classes.side}>
        <div className={classes.brand}>
          <BellMark size={30} />
          <span className={classes.brandText}>
            <b>{t('app.name')}</b>
            <small title={user.tenantName}>{user.tenantName}</small>
          </span>
        </div>
        <Navigation role={user.role} />
        <div className={classes.foot}>
          <LogoutButton />
        </div>
      </aside>
      <div className={classes.column}>
        <header className={classes.header} data-by-location={data?.byLocation}>
          <span className={classes.headerMark}>
            <BellMark size={28} />
          </span>
          <h1>{title}</h1>
          {data?.title === 'dashboard' && (
            <Link to="/rentals/new" className={classes.newRental}>
              <IconPlus size={18} aria-hidden />
              <span>{t('nav.newRental')}</span>
            </Link>
          )}
          <div className={classes.scope}>
            {data?.byLocation === true && <LocationFilter />}
            <MuteChip onOpen={() => setMuting(true)} />
            <ConnectionChip />
          </div>
          <NotificationBell />
          <UserMenu onMute={() => setMuting(true)} />
        </header>
        <main id="main" ref={main} tabIndex={-1} className={classes.main}>
          <LoadingNote />
          <Outlet />
        </main>
      </div>
      <ErrorBoundary fallback={() => null}>
        <OfflineBanner />
        <Toasts />
      </ErrorBoundary>
      {muting && (
        <Suspense>
          <MuteLocations onClose={() => setMuting(false)} />
        </Suspense>
      )}
    </div>
  );
}
