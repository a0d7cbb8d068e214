import { IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import classes from './corner.module.css';
import { useLive } from './live-context';

/** Why the connection is not there, when a person can do something about it or should know. */
export function ConnectionNote() {
  const { t, i18n } = useTranslation('live');
  const { connection } = useLive();
  const { status, reason, limit } = connection;
  if (status === 'connected' || reason === null) return null;
  const key = reason === 'TENANT_CONNECTION_LIMIT' && limit === null ? 'reason.TENANT_CONNECTION_LIMIT_UNKNOWN' : `reason.${reason}`;
  if (!i18n.exists(key, { ns: 'live' })) return null;
  return (
    <section className={classes.line} data-testid="connection-note" role="status">
      <IconPlugConnectedX size={19} stroke={1.8} aria-hidden />
      <p>{t(key, { limit })}</p>
    </section>
  );
}
