import { IconRoute } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../shared/api';
import { call } from '../shared/call';
import { formatSecond } from '../shared/format';
import { useLanguage } from '../shared/i18n/i18n';
import { ErrorState } from '../shared/ui/states';
import { Timeline } from '../shared/ui/timeline';
import classes from './event-journey.module.css';

/** The way of an event through one node; milliseconds since the commit, null for what has not come. */
export interface Journey {
  readonly committedAt: string;
  readonly listeners: number;
  readonly seenBy: number;
  readonly relayedMs: number | null;
  readonly sentMs: number | null;
  readonly seenMs: number | null;
}

const journeyQueryOptions = (eventId: string) =>
  queryOptions({
    queryKey: ['journey', eventId],
    queryFn: ({ signal }) => call('get', '/api/v1/admin/events/{id}/journey', { path: { id: eventId }, signal }),
    staleTime: 0,
    refetchInterval: 5000,
    retry: false,
  });

interface JourneyToggleProps {
  title: string;
  open: boolean;
  onToggle: () => void;
}

/** For administrators: opens the way of an event. */
export function JourneyToggle({ title, open, onToggle }: JourneyToggleProps) {
  const { t } = useTranslation('live');
  return (
    <button
      type="button"
      className={classes.toggle}
      data-testid="journey-toggle"
      aria-expanded={open}
      aria-label={t('journey.of', { title })}
      onClick={onToggle}
    >
      <IconRoute size={15} stroke={1.8} aria-hidden />
      {t('journey.name')}
    </button>
  );
}

/** How long an event took to the screens. */
export function EventJourney({ eventId }: { eventId: string }) {
  return (
    <div className={classes.journey}>
      <Way eventId={eventId} />
    </div>
  );
}

function Way({ eventId }: { eventId: string }) {
  const { t } = useTranslation('live');
  const language = useLanguage();
  const { data, error, isFetching, refetch } = useQuery(journeyQueryOptions(eventId));
  if (error instanceof ApiError && error.code === 'NOT_FOUND') {
    return (
      <p className={classes.gone} data-testid="journey-gone">
        {t('journey.gone')}
      </p>
    );
  }
  if (error) return <ErrorState error={error} busy={isFetching} onRetry={() => void refetch()} />;
  if (!data) return <p className={classes.gone}>{t('journey.loading')}</p>;
  return (
    <div className={classes.way} data-testid="journey">
      <Timeline
        label={t('journey.name')}
        unknown={t('journey.notYet')}
        steps={[
          { name: t('journey.committed'), ms: 0, note: formatSecond(data.committedAt, language) },
          { name: t('journey.relayed'), ms: data.relayedMs },
          { name: t('journey.sent'), ms: data.sentMs, note: t('journey.listeners', { count: data.listeners }) },
          {
            name: t('journey.seen'),
            ms: data.seenMs,
            note: data.seenBy === 0 ? undefined : t('journey.seenBy', { count: data.seenBy }),
          },
        ]}
      />
    </div>
  );
}
