import { Drawer } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { NotificationList } from './notification-list';
import classes from './notification-panel.module.css';

/** The newest notifications, from the right, over whatever page is open. */
export function NotificationPanel({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('live');
  return (
    <Drawer.Root
      opened={opened}
      onClose={onClose}
      position="right"
      size={420}
      lockScroll={false}
      transitionProps={{ duration: 150, transition: 'slide-left' }}
    >
      <Drawer.Overlay backgroundOpacity={0.35} />
      <Drawer.Content classNames={{ content: classes.panel ?? '' }} data-testid="notification-panel">
        <Drawer.Header className={classes.head ?? ''}>
          <Drawer.Title className={classes.title ?? ''}>{t('panel.title')}</Drawer.Title>
          <Link to="/notifications" className={classes.all} onClick={onClose}>
            {t('panel.all')}
          </Link>
          <Drawer.CloseButton aria-label={t('panel.close')} />
        </Drawer.Header>
        <Drawer.Body className={classes.body ?? ''}>
          <NotificationList onLeave={onClose} />
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
