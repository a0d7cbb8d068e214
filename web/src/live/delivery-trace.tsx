import { IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../shared/http';
import { deliveryTraceQueryOptions } from '../api/delivery-trace';
import { formatSecond } from '../shared/format';
import { useLanguage, useTranslation } from '../shared/i18n/i18n';
import { ErrorState } from '../shared/ui/states';
import { Timeline } from '../shared/ui/timeline';
import '../domain/notifications/messages';
import classes from './delivery-trace.module.css';

interface DeliveryTraceToggleProps {
  title: string;
  open: boolean;
  onToggle: () => void;
}

/** For administrators: opens the way of an event. */
export function DeliveryTraceToggle({ title, open, onToggle }: DeliveryTraceToggleProps) {
  const { t } = useTranslation('notifications');
  return (
    <button
      type="button"
      className={classes.toggle}
      data-testid="journey-toggle"
      aria-expanded={open}
      aria-label={t('trace.of', { title })}
      onClick={onToggle}
    >
      <IconRoute size={15} stroke={1.8} aria-hidden />
      {t('trace.name')}
    </button>
  );
}

/** How long an event took to the screens. */
export function DeliveryTracePanel({ eventId }: { eventId: string }) {
  return (
    <div className={classes.panel}>
      <Trace eventId={eventId} />
    </div>
  );
}

function Trace({ eventId }: { eventId: string }) {
  const { t } = useTranslation('notifications');
  const language = useLanguage();
  const { data, error, isFetching, refetch } = useQuery(deliveryTraceQueryOptions(eventId));
  if (error instanceof ApiError && error.code === 'NOT_FOUND') {
    return (
      <p className={classes.gone} data-testid="journey-gone">
        {t('trace.gone')}
      </p>
    );
  }
  if (error) return <ErrorState error={error} busy={isFetching} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.gone}>{t('trace.loading')}</p>;
  return (
    <div className={classes.trace} data-testid="journey">
      <Timeline
        label={t('trace.name')}
        unknown={t('trace.notYet')}
        steps={[
          { name: t('trace.committed'), ms: 0, note: formatSecond(data.committedAt, language) },
          { name: t('trace.relayed'), ms: data.relayedMs },
          { name: t('trace.sent'), ms: data.sentMs, note: t('trace.listeners', { count: data.listeners }) },
          {
            name: t('trace.seen'),
            ms: data.seenMs,
            note: data.seenBy === 0 ? undefined : t('trace.seenBy', { count: data.seenBy }),
          },
        ]}
      />
    </div>
  );
}
