import { IconPlugConnectedX, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useOfflineSince } from '../shared/connection';
import { formatTime } from '../shared/format';
import { useLanguage, useTranslation } from '../shared/i18n/i18n';
import { Button } from '../shared/ui/controls/button';
import { Countdown } from './connection-chip';
import { useLive } from './live-context';
import classes from './offline-banner.module.css';

/** Milliseconds without a connection after which it is said in words: shorter breaks are over before they are read. */
const saidAfter = 10_000;

/** Says that nothing new arrives, since when, and when the next try comes. Over the page, so that no row moves. */
export function OfflineBanner() {
  const since = useOfflineSince();
  return since === null ? null : <Later key={since} since={since} />;
}

function Later({ since }: { since: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), Math.max(0, since + saidAfter - Date.now()));
    return () => clearTimeout(timer);
  }, [since]);
  return late && <Banner since={since} />;
}

function Banner({ since }: { since: number }) {
  const { t } = useTranslation('live');
  const language = useLanguage();
  const { connection, retryNow } = useLive();
  const { retryAt, session } = connection;
  return (
    <section className={classes.banner} data-testid="offline-banner" role="status">
      <IconPlugConnectedX size={20} stroke={1.8} aria-hidden />
      <p>
        <b>{t('banner.title')}</b>{' '}
        {session !== null && t('banner.since', { time: formatTime(new Date(since), language) })}{' '}
        {retryAt !== null && <Countdown key={retryAt} until={retryAt} />}
      </p>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconRefresh size={15} stroke={2} aria-hidden />}
        onClick={retryNow}
      >
        {t('chip.now')}
      </Button>
    </section>
  );
}
