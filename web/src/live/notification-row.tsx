import { IconCheck, IconCircleCheckFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { memo, useState } from 'react';
import { showEvent } from '../events/registry';
import type { Notification } from '../api/notifications';
import { ClaimButton } from '../domain/claims/claim-button';
import { useClock } from '../shared/clock';
import { formatAgo, formatTime } from '../shared/format';
import { useLanguage, useTranslation } from '../shared/i18n/i18n';
import { useUser } from '../shared/session';
import { IconButton } from '../shared/ui/controls/icon-button';
import { Pill } from '../shared/ui/pill';
import { DeliveryTracePanel, DeliveryTraceToggle } from './delivery-trace';
import { KindIcon } from './kind-icon';
import '../domain/notifications/messages';
import classes from './notification-list.module.css';
import { useSeenInSight } from './use-seen';

const unclaimedTooLong = 10 * 60_000;

interface NotificationRowProps {
  item: Notification;
  onRead: (eventId: string) => void;
  onLeave?: () => void;
}

/** One event in a full sentence, with who deals with it. */
export const NotificationRow = memo(function NotificationRow({ item, onRead, onLeave }: NotificationRowProps) {
  const { t } = useTranslation('notifications');
  const language = useLanguage();
  const { id, role } = useUser();
  const by = item.claim?.by ?? null;
  const [traceOpen, setTraceOpen] = useState(false);
  const row = useSeenInSight<HTMLLIElement>(item.eventId);
  const shown = showEvent(item, language);
  const unread = item.readAt === null;
  const resolved = item.resolvedAt != null;
  const waitsLong = useClock((now) => {
    const age = now.getTime() - Date.parse(item.timestamp);
    return age > unclaimedTooLong && age < 24 * 60 * 60_000;
  });

  const handleFollow = () => {
    if (unread) onRead(item.eventId);
    onLeave?.();
  };

  return (
    <li
      ref={row}
      className={classes.row}
      data-testid="notification-item"
      data-event-id={item.eventId}
      data-type={item.type}
      data-unread={unread || undefined}
      data-resolved={resolved || undefined}
    >
      <KindIcon kind={shown.kind} icon={shown.icon} />
      <div className={classes.text}>
        <p className={classes.title}>
          {unread && <span className={classes.dot} role="img" aria-label={t('list.new')} />}
          {shown.link ? (
            <Link {...shown.link} onClick={handleFollow}>
              {shown.title}
            </Link>
          ) : (
            shown.title
          )}
        </p>
        {shown.detail !== '' && (
          <p className={classes.detail}>{[shown.detail, resolved ? '' : shown.next].filter(Boolean).join(' · ')}</p>
        )}
        <p className={classes.meta}>
          <time dateTime={item.timestamp} title={formatTime(item.timestamp, language)}>
            <Ago since={item.timestamp} />
          </time>
          {resolved && (
            <Pill tone="green" icon={IconCircleCheckFilled}>
              {t('list.resolved')}
            </Pill>
          )}
          {shown.claimable && !resolved && unread && by === null && waitsLong && (
            <span className={classes.nobody}>
              <Nobody since={item.timestamp} />
            </span>
          )}
          {role === 'ADMIN' && (
            <DeliveryTraceToggle title={shown.title} open={traceOpen} onToggle={() => setTraceOpen(!traceOpen)} />
          )}
        </p>
      </div>
      <div className={classes.actions}>
        {by !== null && (
          <span className={classes.claimed}>{by.id === id ? t('list.mine') : t('list.by', { name: by.name })}</span>
        )}
        {shown.claimable && !resolved && (
          <ClaimButton eventId={item.eventId} claim={item.claim} subject={shown.title} />
        )}
        {unread && (
          <IconButton
            variant="subtle"
            className={classes.read ?? ''}
            aria-label={t('list.read', { title: shown.title })}
            onClick={() => onRead(item.eventId)}
          >
            <IconCheck size={18} stroke={2} aria-hidden />
          </IconButton>
        )}
      </div>
      {traceOpen && <DeliveryTracePanel eventId={item.eventId} />}
    </li>
  );
});

/** Apart from the row, which is not drawn again because a minute is over. */
function Ago({ since }: { since: string }) {
  const language = useLanguage();
  return useClock((now) => formatAgo(since, language, now));
}

function Nobody({ since }: { since: string }) {
  const { t } = useTranslation('notifications');
  const language = useLanguage();
  return t('list.nobody', { ago: useClock((now) => formatAgo(since, language, now)) });
}
