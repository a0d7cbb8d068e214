import { IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useLanguage, useTranslation } from '../shared/i18n/i18n';
import { Toast } from '../shared/ui/controls/toast';
import { type QueuedContent, showContent } from './toast-content';
import classes from './toast-region.module.css';
import { KindIcon } from './kind-icon';

interface ToastCardProps {
  toast: Parameters<typeof Toast.Root>[0]['toast'];
  queued: QueuedContent;
  onClose: (eventId: string) => void;
}

/** One live event: the story's sentence, where or how much, and what to do now. */
export function ToastCard({ toast, queued, onClose }: ToastCardProps) {
  const { t } = useTranslation('live');
  const shown = showContent(queued.content, useLanguage());
  return (
    <Toast.Root
      toast={toast}
      className={classes.card}
      data-testid="toast"
      data-kind={shown.kind}
      data-event-id={shown.eventId}
      swipeDirection={['right', 'up']}
      // An urgent one is read out by an alert of its own, and must stay reachable all the same.
      aria-hidden={undefined}
      aria-live={queued.urgent ? 'off' : undefined}
    >
      <KindIcon kind={shown.kind} icon={shown.icon} size={34} />
      <div className={classes.text}>
        <Toast.Title className={classes.title} render={<p />}>
          {shown.link ? (
            <Link {...shown.link} onClick={() => onClose(shown.eventId)}>
              {shown.title}
            </Link>
          ) : (
            shown.title
          )}
        </Toast.Title>
        {shown.detail !== '' && (
          <Toast.Description className={classes.detail} render={<p />}>
            {shown.detail}
            {shown.next !== '' && <span className={classes.next}> · {shown.next}</span>}
          </Toast.Description>
        )}
      </div>
      <button
        type="button"
        className={classes.close}
        data-testid="toast-close"
        aria-label={t('toasts.close')}
        onClick={() => onClose(shown.eventId)}
      >
        <IconX size={17} stroke={2} aria-hidden />
      </button>
    </Toast.Root>
  );
}
