import { IconPlugConnectedX } from '@tabler/icons-react';
import { useLanguage } from '../shared/i18n/i18n';
import { explainReason } from './reason/connection-reason';
import classes from './toast-region.module.css';
import { useLive } from './live-context';

/** Why the connection is not there, when a person can do something about it or should know. */
export function ConnectionNote() {
  const language = useLanguage();
  const { connection } = useLive();
  const text = connection.status === 'connected' ? null : explainReason(connection, language);
  if (text === null) return null;
  return (
    <section className={classes.line} data-testid="connection-note" role="status">
      <IconPlugConnectedX size={19} stroke={1.8} aria-hidden />
      <p>{text}</p>
    </section>
  );
}
