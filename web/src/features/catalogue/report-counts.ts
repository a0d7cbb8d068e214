import type { Translate } from '../../shared/i18n/i18n';
import type { ImportReport } from '../../api/imports';

/** How many lines are new, change and stay, in words. */
export function reportCounts(report: ImportReport, t: Translate<'catalogue'>) {
  return {
    new: t('import.new', { count: report.new }),
    changed: t('import.changed', { count: report.changed }),
    untouched: t('import.untouched', { count: report.untouched }),
  };
}
