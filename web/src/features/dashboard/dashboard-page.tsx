import { lazy, Suspense } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { loadWithRetry } from '../../shared/load-with-retry';
import { isManager } from '../../shared/model';
import { useUser } from '../../shared/session';
import { ErrorBoundary } from '../../shared/ui/error-boundary';
import classes from './dashboard-page.module.css';
import { DayFigures } from './day-figures';
import { PaymentFailures } from './payment-failures';
import { RecentRentals } from './recent-rentals';
import { StockAlertList } from './stock-alert-list';

// Only managers see it, below all that has to be done.
const RevenueChart = lazy(loadWithRetry(async () => ({ default: (await import('./revenue-chart')).RevenueChart })));

/** What must I do now, what just happened, how is the day. */
export function DashboardPage() {
  const { t } = useTranslation();
  const manager = isManager(useUser().role);
  return (
    <div className={classes.dashboard}>
      <div className={classes.alerts}>
        <ErrorBoundary>
          <StockAlertList />
        </ErrorBoundary>
      </div>
      <div className={classes.side}>
        {manager && (
          <ErrorBoundary>
            <PaymentFailures />
          </ErrorBoundary>
        )}
        {manager ? (
          <ErrorBoundary>
            <RecentRentals title={t('dashboard.rentals')} status={null} />
          </ErrorBoundary>
        ) : (
          <ErrorBoundary>
            <RecentRentals title={t('dashboard.late')} status="OVERDUE" />
          </ErrorBoundary>
        )}
      </div>
      <div className={classes.day}>
        <ErrorBoundary>
          <DayFigures />
        </ErrorBoundary>
      </div>
      {manager && (
        <div className={classes.chart}>
          <ErrorBoundary>
            <Suspense>
              <RevenueChart />
            </Suspense>
          </ErrorBoundary>
        </div>
      )}
    </div>
  );
}
