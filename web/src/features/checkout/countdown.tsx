import { useEffect, useState } from 'react';
import { serverTime } from '../../shared/clock';
import { formatTime } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import classes from './checkout-page.module.css';
import './messages';

/** How long the pieces of a rental that waits for payment are kept, milliseconds; then the server cancels it. */
const keptFor = 30 * 60_000;

/** How long the pieces are still kept, to the second. */
export function Countdown({ createdAt }: { createdAt: string }) {
  const { t } = useTranslation('checkout');
  const language = useLanguage();
  const until = new Date(createdAt).getTime() + keptFor;
  const [now, setNow] = useState(() => serverTime().getTime());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverTime().getTime()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  if (left === 0) return <p data-testid="wizard-countdown">{t('kept.over')}</p>;
  const two = (value: number) => String(value).padStart(2, '0');
  return (
    <p className={classes.countdown} data-soon={left < 5 * 60 || undefined} data-testid="wizard-countdown">
      <b role="timer" aria-label={t('kept.label')}>
        {two(Math.floor(left / 60))}:{two(left % 60)}
      </b>
      <span>{t('kept.until', { time: formatTime(new Date(until), language) })}</span>
    </p>
  );
}
