import { ActionIcon } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { badgeCount } from './badge';
import { useLiveTools } from './live-context';
import classes from './notification-bell.module.css';
import { NotificationPanel } from './notification-panel';
import { useStore } from './store';

/** The bell with the number of unread notifications; it opens the panel. */
export function NotificationBell() {
  const { t } = useTranslation('live');
  const { controller } = useLiveTools();
  const count = badgeCount(useStore(controller.badge));
  const open = useStore(controller.panel);

  return (
    <>
      <ActionIcon
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
      </ActionIcon>
      <NotificationPanel opened={open} onClose={() => controller.panel.set(false)} />
    </>
  );
}
