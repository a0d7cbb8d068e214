import { type Language, translator } from '../../shared/i18n/i18n';
import type { Group } from './rows';
import type { TestAlertState } from './use-test-alert';

/** reportOf is the whole page as text, for who helps. It holds nothing that lets anybody in. */
export function reportOf(
  groups: readonly Group[],
  alert: TestAlertState,
  where: { now: Date; page: string; browser: string },
  language: Language,
): string {
  const t = translator(language, 'selfCheck');
  const lines = [t('report', { at: where.now.toISOString() }), where.page, where.browser];
  for (const { id, rows } of groups) {
    lines.push('', t(`group.${id}`));
    for (const { name, state, text, more } of rows)
      lines.push(`[${t(`state.${state}`)}] ${name}: ${more === undefined ? text : `${text} (${more})`}`);
  }
  lines.push('', `${t('alert.reported')}: ${alertText(alert, language)}`);
  return lines.join('\n');
}

function alertText(alert: TestAlertState, language: Language): string {
  const t = translator(language, 'selfCheck');
  switch (alert.name) {
    case 'none':
      return t('alert.notTried');
    case 'waiting':
      return t('alert.waiting');
    case 'late':
      return t('alert.late');
    case 'failed':
      return alert.error instanceof Error ? alert.error.message : String(alert.error);
    case 'arrived': {
      const { committed, sent, here } = alert.trace;
      const steps = [
        ['committed', committed],
        ['sent', sent],
        ['here', here],
      ] as const;
      return steps
        .map(([name, ms]) => `${t(`alert.${name}`)} ${ms === null ? t('alert.unknown') : `${ms} ms`}`)
        .join(', ');
    }
  }
}
