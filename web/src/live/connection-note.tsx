import { IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { explainReason } from './connection-reason';
import classes from './toast-region.module.css';
import { useLive } from './live-context';

/** Why the connection is not there, when a person can do something about it or should know. */
export function ConnectionNote() {
  const { t } = useTranslation('live');
  const { connection } = useLive();
  const text = connection.status === 'connected' ? null : explainReason(connection, t);
  if (text === null) return null;
  return (
    <section className={classes.line} data-testid="connection-note" role="status">
      <IconPlugConnectedX size={19} stroke={1.8} aria-hidden />
      <p>{text}</p>
    </section>
  );
}
