import type { TFunction } from 'i18next';
import type { ImportReport } from '../../api/imports';

/** How many lines are new, change and stay, in words. */
export function reportCounts(report: ImportReport, t: TFunction<'catalogue'>) {
  return {
    new: t('import.new', { count: report.new }),
    changed: t('import.changed', { count: report.changed }),
    untouched: t('import.untouched', { count: report.untouched }),
  };
}
