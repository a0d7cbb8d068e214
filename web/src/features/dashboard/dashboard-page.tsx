import { useTranslation } from 'react-i18next';
import { isManager } from '../../shared/model';
import { useUser } from '../../shared/session';
import classes from './dashboard-page.module.css';
import { DayFigures } from './day-figures';
import { PaymentFailures } from './payment-failures';
import { RecentRentals } from './recent-rentals';
import { RevenueChart } from './revenue-chart';
import { StockAlertList } from './stock-alert-list';

/** What must I do now, what just happened, how is the day. */
export function DashboardPage() {
  const { t } = useTranslation();
  const manager = isManager(useUser().role);
  return (
    <div className={classes.dashboard}>
      <div className={classes.alerts}>
        <StockAlertList />
      </div>
      <div className={classes.side}>
        {manager && <PaymentFailures />}
        {manager ? (
          <RecentRentals title={t('dashboard.rentals')} status={null} />
        ) : (
          <RecentRentals title={t('dashboard.late')} status="OVERDUE" />
        )}
      </div>
      <div className={classes.day}>
        <DayFigures />
      </div>
      {manager && (
        <div className={classes.chart}>
          <RevenueChart />
        </div>
      )}
    </div>
  );
}
