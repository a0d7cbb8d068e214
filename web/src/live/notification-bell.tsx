import { IconBell } from '@tabler/icons-react';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from '../shared/i18n/i18n';
import { loadWithRetry } from '../shared/load-with-retry';
import { useTitleCount } from '../shared/page-title';
import { unreadTotal } from '@harang/react';
import { IconButton } from '../shared/ui/controls/icon-button';
import { useLiveTools } from './live-context';
import classes from './notification-bell.module.css';
import { useStore } from '@harang/react';

const loadPanel = loadWithRetry(async () => ({ default: (await import('./notification-panel')).NotificationPanel }));
const NotificationPanel = lazy(loadPanel);

/** The bell with the number of unread notifications; it opens the panel. */
export function NotificationBell() {
  const { t } = useTranslation('live');
  const { controller } = useLiveTools();
  const count = unreadTotal(useStore(controller.badge));
  useTitleCount(count);
  const open = useStore(controller.panel);
  const [loaded, setLoaded] = useState(false);
  const handleClose = useCallback(() => controller.panel.set(false), [controller]);

  // The panel is not on the first screen, but it must be there when the server is not.
  useEffect(() => {
    loadPanel().then(
      () => setLoaded(true),
      () => undefined,
    );
  }, []);

  return (
    <>
      <IconButton
        className={classes.bell ?? ''}
        data-testid="notification-bell"
        aria-label={count === 0 ? t('bell.open') : t('bell.unread', { n: count })}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={controller.openPanel}
      >
        <IconBell size={20} stroke={1.8} aria-hidden />
        <span className={classes.badge} data-testid="notification-badge" data-count={count} key={count} aria-hidden>
          {count > 99 ? t('bell.more', { n: 99 }) : count}
        </span>
      </IconButton>
      {(loaded || open) && (
        <Suspense>
          <NotificationPanel opened={open} onClose={handleClose} />
        </Suspense>
      )}
    </>
  );
}
