import { IconBarcodeOff, IconCheck } from '@tabler/icons-react';
import { useTranslation } from '../../shared/i18n/i18n';
import { Notice } from '../../shared/ui/notice';
import classes from './checkout-page.module.css';
import './messages';
import type { Scans } from './use-scans';

/** What was scanned last, and what of it could not be added. */
export function ScanOutcomes({ scans, problemsOnly = false }: { scans: Scans; problemsOnly?: boolean }) {
  const { t } = useTranslation('checkout');
  const outcomes = scans.outcomes.filter(({ kind }) => !problemsOnly || kind !== 'added');
  if (outcomes.length === 0) return null;
  return (
    <div className={classes.outcomes} data-testid="wizard-scans">
      {outcomes.map((outcome) => {
        const { id, kind, code } = outcome;
        return (
          <Notice
            key={id}
            tone={kind === 'added' ? 'green' : 'red'}
            icon={kind === 'added' ? <IconCheck size={20} stroke={2} /> : <IconBarcodeOff size={20} stroke={1.7} />}
            closeLabel={t('scan.close', { code })}
            onClose={() => scans.close(id)}
            testId={`wizard-scan-${kind}`}
          >
            {t(`scan.${kind}`, { ...outcome })}
          </Notice>
        );
      })}
    </div>
  );
}
