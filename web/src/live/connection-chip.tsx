import { IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../shared/i18n/i18n';
import { formatNumber } from '../shared/format';
import classes from './connection-chip.module.css';
import { useLive } from './live-context';

/** Whether live events arrive, in colour, shape and word; how long the last one took; when the next try comes. */
export function ConnectionChip() {
  const { t } = useTranslation('live');
  const language = useLanguage();
  const { connection, retryNow } = useLive();
  const { status, reason, retryAt, lastDeliveryMs } = connection;
  const seconds = useSecondsUntil(retryAt);

  return (
    <div className={classes.group}>
      <span
        className={classes.chip}
        data-testid="connection-status"
        data-status={status}
        data-reason={reason ?? ''}
        title={t(`chip.title.${status}`)}
        role="status"
      >
        <span className={classes.dot} aria-hidden />
        <span>{t(`chip.${status}`)}</span>
        {status === 'connected' && lastDeliveryMs !== null && (
          <span className={classes.more} data-testid="delivery-ms">
            · {t('chip.took', { ms: formatNumber(lastDeliveryMs, language) })}
          </span>
        )}
        {status === 'reconnecting' && seconds !== null && (
          // The countdown is for the eye only: read aloud every second it would be a nuisance.
          <span className={classes.more} aria-hidden>
            {t('chip.in', { seconds })}
          </span>
        )}
      </span>
      {status !== 'connected' && (
        <button type="button" className={classes.now} data-testid="reconnect-now" onClick={retryNow}>
          <IconRefresh size={15} stroke={2} aria-hidden />
          <span>{t('chip.now')}</span>
        </button>
      )}
    </div>
  );
}

/** Whole seconds until then, moving on every second; null without a time. */
function useSecondsUntil(time: number | null): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (time === null) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [time]);
  return time === null ? null : Math.max(0, Math.ceil((time - now) / 1000));
}
