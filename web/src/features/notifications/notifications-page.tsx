import { ExportButton } from '../../domain/exports/export-button';
import type { NotificationFilter } from '../../api/notifications';
import { NotificationList } from '../../live/notification-list';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { useLocationFilter } from '../../shared/location-filter';
import classes from './notifications-page.module.css';

/** Everything the user was told, on a page of its own. */
export function NotificationsPage() {
  const { t } = useTranslation();
  return (
    <section className={classes.panel} aria-label={t('notifications.title')}>
      <NotificationList locationId={useLocationFilter()} tools={NotificationTools} />
    </section>
  );
}

/** Saves the list in the language of the page. */
function NotificationTools({ filter }: { filter: NotificationFilter }) {
  return (
    <ExportButton list="notifications" filter={{ ...filter, unread: filter.unread || null, language: useLanguage() }} />
  );
}
