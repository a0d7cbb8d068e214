import { useInfiniteQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { rentalsQueryOptions } from '../../api/rentals';
import { useTranslation } from '../../shared/i18n/i18n';
import { loadWithRetry } from '../../shared/load-with-retry';
import { isManager } from '../../shared/model';
import { useUser } from '../../shared/session';
import { ErrorBoundary } from '../../shared/ui/error-boundary';
import classes from './dashboard-page.module.css';
import { DayFigures } from './day-figures';
import { DueRentals } from './due-rentals';
import { PaymentFailures } from './payment-failures';
import { RecentRentals } from './recent-rentals';
import { StockAlertList } from './stock-alert-list';

// Only managers see it, below all that has to be done.
const RevenueChart = lazy(loadWithRetry(async () => ({ default: (await import('./revenue-chart')).RevenueChart })));
// Only administrators of a shop that begins see it.
const FirstSteps = lazy(loadWithRetry(async () => ({ default: (await import('./first-steps')).FirstSteps })));

/** What must I do now, what just happened, how is the day: for those who manage the shop, or for those at its counter. */
export function DashboardPage() {
  const { role } = useUser();
  return (
    <div className={classes.dashboard}>
      {role === 'ADMIN' && <Beginning />}
      {isManager(role) ? <ManagersDay /> : <ClerksDay />}
    </div>
  );
}

/** The first steps, until there is a rental. */
function Beginning() {
  const { data } = useInfiniteQuery(rentalsQueryOptions({ status: null, locationId: null }, 5));
  if (data?.pages[0]?.items.length !== 0) return null;
  return (
    <div className={classes.first}>
      <Part>
        <Suspense>
          <FirstSteps />
        </Suspense>
      </Part>
    </div>
  );
}

function ManagersDay() {
  const { t } = useTranslation();
  return (
    <>
      <div className={classes.main}>
        <Part>
          <StockAlertList />
        </Part>
      </div>
      <div className={classes.side}>
        <Part>
          <PaymentFailures />
        </Part>
        <Part>
          <RecentRentals title={t('dashboard.rentals')} />
        </Part>
      </div>
      <div className={classes.day}>
        <Part>
          <DayFigures />
        </Part>
      </div>
      <div className={classes.chart}>
        <Part>
          <Suspense>
            <RevenueChart />
          </Suspense>
        </Part>
      </div>
    </>
  );
}

/** What comes back today, what is late, what runs out. */
function ClerksDay() {
  return (
    <>
      <div className={classes.main}>
        <Part>
          <DueRentals which="today" />
        </Part>
        <Part>
          <DueRentals which="late" />
        </Part>
      </div>
      <div className={classes.side}>
        <Part>
          <StockAlertList />
        </Part>
      </div>
      <div className={classes.day}>
        <Part>
          <DayFigures />
        </Part>
      </div>
    </>
  );
}

/** A widget that fails alone. */
function Part({ children }: { children: ReactNode }) {
  return <ErrorBoundary>{children}</ErrorBoundary>;
}
