import { IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useLanguage, useTranslation } from '../shared/i18n/i18n';
import { formatNumber } from '../shared/format';
import classes from './connection-chip.module.css';
import { useLive } from './live-context';

/** Whether live events arrive, in colour, shape and word; how long the last one took; when the next try comes. */
export function ConnectionChip() {
  const { t } = useTranslation('live');
  const language = useLanguage();
  const { connection, retryNow } = useLive();
  const { status, reason, retryAt, lastDeliveryMs, session } = connection;
  // The first try of a page just opened is nothing to worry about, nor to press a button for.
  const opening = session === null && retryAt === null && (status === 'reconnecting' || reason === 'STOPPED');
  const away = status !== 'connected' && !opening;

  return (
    <div className={classes.group} data-away={away || undefined}>
      <span
        className={classes.chip}
        data-testid="connection-status"
        data-status={status}
        data-reason={reason ?? ''}
        title={t(`chip.title.${status}`)}
        role="status"
      >
        <span className={classes.dot} aria-hidden />
        <span className={classes.word}>{t(`chip.${status}`)}</span>
        {status === 'connected' && lastDeliveryMs !== null && (
          <span className={classes.more} data-testid="delivery-ms">
            · {t('chip.took', { ms: formatNumber(lastDeliveryMs, language) })}
          </span>
        )}
        {retryAt !== null && <Countdown key={retryAt} until={retryAt} />}
      </span>
      {away && (
        <button type="button" className={classes.now} data-testid="reconnect-now" onClick={retryNow}>
          <IconRefresh size={15} stroke={2} aria-hidden />
          <span>{t('chip.now')}</span>
        </button>
      )}
    </div>
  );
}

/** Whole seconds until then, moving on every second. For the eye only: read aloud it would be a nuisance. */
export function Countdown({ until }: { until: number }) {
  const { t } = useTranslation('live');
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className={classes.more} aria-hidden>
      {t('chip.in', { seconds: Math.max(0, Math.ceil((until - now) / 1000)) })}
    </span>
  );
}
