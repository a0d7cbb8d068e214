import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from '../shared/i18n/i18n';
import { Drawer } from '../shared/ui/controls/drawer';
import { ErrorBoundary } from '../shared/ui/error-boundary';
import { everything, NotificationList } from './notification-list';
import classes from './notification-panel.module.css';

/** The newest notifications, from the right, over whatever page is open. */
export function NotificationPanel({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('live');
  const [chosen, setChosen] = useState(everything);
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={t('panel.title')}
      closeLabel={t('panel.close')}
      action={
        <Link to="/notifications" className={classes.all} onClick={onClose}>
          {t('panel.all')}
        </Link>
      }
      data-testid="notification-panel"
    >
      <ErrorBoundary>
        <NotificationList chosen={chosen} onChoose={setChosen} onLeave={onClose} />
      </ErrorBoundary>
    </Drawer>
  );
}
