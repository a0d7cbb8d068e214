import type { AuditEntry } from '../../api/audit';
import { formatDay, formatMoney, formatNumber, formatTime } from '../../shared/format';
import { type Language, messageOf } from '../../shared/i18n/i18n';
import './messages';

// The words of an entry. What a later version adds is shown by its own name.

const money = new Set(['totalValue', 'paidAmount', 'owedAmount', 'dailyPrice']);

/** "Bérlést lemondott"; the action's own name for one that is not known here. */
export function actionName(action: string): string {
  return messageOf('audit', `action.${action}`) ?? action;
}

function valueText(member: string, value: unknown, language: Language, now: Date): string {
  const word = (key: string, namespace: 'audit' | 'page' = 'audit') => messageOf(namespace, key);
  if (value === null || value === undefined || value === '') return word('none') ?? '';
  if (typeof value === 'boolean') return word(value ? 'yes' : 'no') ?? '';
  if (typeof value === 'number')
    return money.has(member) ? formatMoney(value, language) : formatNumber(value, language);
  if (typeof value !== 'string') return JSON.stringify(value);
  if (member === 'role') return word(`role.${value}`, 'page') ?? value;
  if (member === 'status') return word(`rentalStatus.${value}`, 'page') ?? value;
  if (member === 'reason') return word(`ended.${value}`) ?? value;
  if (member === 'dueAt' || member === 'expiresAt')
    return `${formatDay(value, language, now)}, ${formatTime(value, language)}`;
  if (member === 'expectedAt') return formatDay(value, language, now);
  return value;
}

export interface Change {
  member: string;
  name: string;
  /** "1 000 Ft → 1 500 Ft", or the value alone where there was none, or is none. */
  text: string;
}

/** What changed, in the order of the server. */
export function changesOf(entry: AuditEntry, language: Language, now: Date): Change[] {
  const { before, after } = entry;
  return Object.keys({ ...before, ...after })
    .filter((member) => member !== 'truncated')
    .map((member) => {
      const [was, is] = [before, after].map((state) =>
        state !== null && member in state ? valueText(member, state[member], language, now) : undefined,
      );
      return {
        member,
        name: messageOf('audit', `member.${member}`) ?? member,
        text: was === undefined || is === undefined ? (was ?? is ?? '') : `${was} → ${is}`,
      };
    });
}

/** What a movement's reason says: one of the program's own, or the person's. */
export function reasonText(reason: string): string {
  return messageOf('audit', `movement.${reason}`) ?? reason;
}
