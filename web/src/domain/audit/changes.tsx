import type { AuditEntry } from '../../api/audit';
import { useNow } from '../../shared/clock';
import { useLanguage } from '../../shared/i18n/i18n';
import classes from './audit.module.css';
import { changesOf } from './entry';

/** What an entry changed; nothing for one without. */
export function Changes({ entry }: { entry: AuditEntry }) {
  const changes = changesOf(entry, useLanguage(), useNow());
  if (changes.length === 0) return null;
  return (
    <dl className={classes.changes}>
      {changes.map(({ member, name, text }) => (
        <div key={member}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
