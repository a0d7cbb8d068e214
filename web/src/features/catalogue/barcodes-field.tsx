import { IconBarcode, IconX } from '@tabler/icons-react';
import { useId } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { PlainButton } from '../../shared/ui/controls/plain-button';
import { TextField } from '../../shared/ui/controls/text-field';
import classes from './catalogue.module.css';

/** The codes of a product and the one that is being typed. */
export interface BarcodeEntry {
  readonly codes: readonly string[];
  readonly typed: string;
  readonly problem: 'barcodeTwice' | 'barcodeInvalid' | 'barcodesMany' | null;
}

/** Adds what was typed to the codes. With a problem nothing is added. */
export function enterBarcode(entry: BarcodeEntry): BarcodeEntry {
  const code = entry.typed.trim();
  if (code === '') return { ...entry, typed: '', problem: null };
  const problem = entry.codes.includes(code)
    ? 'barcodeTwice'
    : Array.from(code).length > 64 || /[\s,;|\p{Cc}]/u.test(code)
      ? 'barcodeInvalid'
      : entry.codes.length >= 20
        ? 'barcodesMany'
        : null;
  return problem === null ? { codes: [...entry.codes, code], typed: '', problem } : { ...entry, problem };
}

interface BarcodesFieldProps {
  entry: BarcodeEntry;
  /** Why the server refused the codes. */
  refusal: string | undefined;
  onChange: (entry: BarcodeEntry) => void;
}

/** Several codes, from a scanner or typed; Enter ends one. */
export function BarcodesField({ entry, refusal, onChange }: BarcodesFieldProps) {
  const { t } = useTranslation('catalogue');
  const id = useId();
  return (
    <div className={classes.barcodes}>
      <div>
        <label htmlFor={id} className="field-label">
          {t('products.barcodes')}
        </label>
        <p className="field-hint">{t('products.barcodesHint')}</p>
      </div>
      <div className={classes.barcodeEntry}>
        <TextField
          id={id}
          leftSection={<IconBarcode size={18} stroke={1.7} aria-hidden />}
          data-testid="barcode-input"
          autoComplete="off"
          spellCheck={false}
          value={entry.typed}
          error={entry.problem === null ? refusal : t(`products.${entry.problem}`)}
          onChange={(event) => onChange({ ...entry, typed: event.currentTarget.value, problem: null })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            // A scanner ends each code with Enter, some with two, which would send the form.
            event.preventDefault();
            onChange(enterBarcode({ ...entry, typed: event.currentTarget.value }));
          }}
        />
        <Button variant="default" onClick={() => onChange(enterBarcode(entry))}>
          {t('products.barcodeAdd')}
        </Button>
      </div>
      {entry.codes.length > 0 && (
        <ul className={classes.barcodeList} aria-label={t('products.barcodes')}>
          {entry.codes.map((code) => (
            <li key={code} data-testid="barcode">
              <span>{code}</span>
              <PlainButton
                aria-label={t('products.barcodeRemove', { code })}
                onClick={() =>
                  onChange({ ...entry, codes: entry.codes.filter((each) => each !== code), problem: null })
                }
              >
                <IconX size={15} stroke={2} aria-hidden />
              </PlainButton>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
