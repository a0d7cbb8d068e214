import { IconCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { showEvent } from '../events/registry';
import { ApiError } from '../shared/api';
import { claimEvent, releaseEvent } from '../shared/claim';
import { useClock } from '../shared/clock';
import { formatAgo, formatTime } from '../shared/format';
import { useLanguage } from '../shared/i18n/i18n';
import { useUser } from '../shared/session';
import { Button } from '../shared/ui/controls/button';
import { IconButton } from '../shared/ui/controls/icon-button';
import { DeliveryTracePanel, DeliveryTraceToggle } from './delivery-trace';
import { KindIcon } from './kind-icon';
import classes from './notification-list.module.css';
import { claimInCaches, listKey, type Notification } from './notifications';
import { useSeenInSight } from './use-seen';

const unclaimedTooLong = 10 * 60_000;

interface NotificationRowProps {
  item: Notification;
  onRead: (eventId: string) => void;
  onLeave?: () => void;
}

/** One event in a full sentence, with who deals with it. */
export const NotificationRow = memo(function NotificationRow({ item, onRead, onLeave }: NotificationRowProps) {
  const { t } = useTranslation('live');
  const language = useLanguage();
  const { role } = useUser();
  const [traceOpen, setTraceOpen] = useState(false);
  const row = useSeenInSight<HTMLLIElement>(item.eventId);
  const shown = showEvent(item, language);
  const unread = item.readAt === null;
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
          <p className={classes.detail}>{[shown.detail, shown.next].filter(Boolean).join(' · ')}</p>
        )}
        <p className={classes.meta}>
          <time dateTime={item.timestamp} title={formatTime(item.timestamp, language)}>
            <Ago since={item.timestamp} />
          </time>
          {shown.claimable && unread && !item.claim?.by && waitsLong && (
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
        {/* Made anew when it changes hands, so that a refusal does not outlive its reason. */}
        {shown.claimable && <ClaimButton key={item.claim?.by?.id ?? ''} item={item} title={shown.title} />}
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
  const { t } = useTranslation('live');
  const language = useLanguage();
  return t('list.nobody', { ago: useClock((now) => formatAgo(since, language, now)) });
}

function ClaimButton({ item, title }: { item: Notification; title: string }) {
  const { t } = useTranslation('live');
  const user = useUser();
  const client = useQueryClient();
  const by = item.claim?.by ?? null;
  const claim = useMutation({
    mutationFn: () => claimEvent(item.eventId),
    onSuccess: (made) => claimInCaches(client, item.eventId, made),
    // Somebody was faster: show who.
    onError: () => client.invalidateQueries({ queryKey: listKey }),
  });
  const release = useMutation({
    mutationFn: () => releaseEvent(item.eventId),
    onSuccess: () => claimInCaches(client, item.eventId, null),
    onError: () => client.invalidateQueries({ queryKey: listKey }),
  });
  const error = claim.error ?? release.error;

  return (
    <>
      {by === null && (
        <Button
          variant="default"
          size="xs"
          loading={claim.isPending}
          aria-label={t('list.claimOf', { title })}
          onClick={() => claim.mutate()}
        >
          {t('list.claim')}
        </Button>
      )}
      {by !== null && (
        <span className={classes.claimed}>{by.id === user.id ? t('list.mine') : t('list.by', { name: by.name })}</span>
      )}
      {by?.id === user.id && (
        <Button
          variant="subtle"
          size="xs"
          loading={release.isPending}
          aria-label={t('list.releaseOf', { title })}
          onClick={() => release.mutate()}
        >
          {t('list.release')}
        </Button>
      )}
      {error !== null && (
        <span className={classes.failed} role="alert">
          {t(error instanceof ApiError && error.code === 'ALREADY_CLAIMED' ? 'list.taken' : 'list.failed')}
        </span>
      )}
    </>
  );
}
