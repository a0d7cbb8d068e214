import { IconBarcode, IconBarcodeOff } from '@tabler/icons-react';
import { useTranslation } from '../../shared/i18n/i18n';
import { Notice } from '../../shared/ui/notice';
import { ErrorState } from '../../shared/ui/states';
import './messages';
import classes from './stock-page.module.css';
import type { ScannedStock } from './use-scanned-stock';

/** What was scanned last, and what is wrong with it. */
export function ScanNotice({ scanned }: { scanned: ScannedStock }) {
  const { t } = useTranslation('stock');
  const { id, code, state, error, retry, clear } = scanned;
  if (code === null) return null;
  if (state === 'failed' && error !== null) return <ErrorState error={error} onRetry={retry} />;
  const unknown = state === 'unknown' || state === 'failed';
  const Icon = unknown ? IconBarcodeOff : IconBarcode;
  return (
    <div className={classes.scanned}>
      <Notice
        key={id}
        tone={unknown ? 'red' : 'plain'}
        icon={<Icon size={20} stroke={1.7} />}
        closeLabel={t('scan.close')}
        onClose={clear}
        testId="stock-scan"
      >
        {t(`scan.${unknown ? 'unknown' : state}`, { code })}
      </Notice>
    </div>
  );
}
