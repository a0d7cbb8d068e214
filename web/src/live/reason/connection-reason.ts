import type { ConnectionSnapshot } from '@harang/react';
import { type Language, messageOf } from '../../shared/i18n/i18n';
import './messages';

/** explainReason says why there is no connection; null when there is nothing for a person to know or do. */
export function explainReason(
  { reason, limit }: Pick<ConnectionSnapshot, 'reason' | 'limit'>,
  language: Language,
): string | null {
  if (reason === null) return null;
  const key = `${reason}${reason.endsWith('_CONNECTION_LIMIT') && limit === null ? '_UNKNOWN' : ''}`;
  return messageOf('reason', key, { language, limit, origin: location.origin }) ?? null;
}
