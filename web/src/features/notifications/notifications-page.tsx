import { NotificationList } from '../../live/notification-list';
import { useTranslation } from 'react-i18next';
import { useLocationFilter } from '../../shared/location-filter';
import classes from './notifications-page.module.css';

/** Everything the user was told, on a page of its own. */
export function NotificationsPage() {
  const { t } = useTranslation();
  return (
    <section className={classes.panel} aria-label={t('notifications.title')}>
      <NotificationList locationId={useLocationFilter()} />
    </section>
  );
}
