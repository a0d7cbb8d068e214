import { useState } from 'react';
import { piecesOut, unusedDays } from '../../domain/rentals/pieces';
import { useNow } from '../../shared/clock';
import { useTranslation } from '../../shared/i18n/i18n';
import { Button } from '../../shared/ui/controls/button';
import { Switch } from '../../shared/ui/controls/switch';
import { StepInput, wholeNumber } from '../../shared/ui/step-input';
import { ChangeForm } from './change-form';
import classes from './change-modal.module.css';
import { type ChangeFormProps, useChange } from './use-change';

/** How many pieces of each line came back, all of them at first, and whether the unused days are credited. */
export function ReturnForm({ rental, ready, onDone, onCancel }: ChangeFormProps) {
  const { t } = useTranslation('rental');
  const now = useNow();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [credit, setCredit] = useState(false);
  const lines = rental.lines
    .map((line) => ({ ...line, out: piecesOut(line) }))
    .filter(({ out }) => out > 0)
    .map((line) => {
      const text = typed[line.productId] ?? String(line.out);
      const pieces = wholeNumber(text);
      return { ...line, text, pieces, wrong: pieces === null || pieces < 0 || pieces > line.out };
    });
  const back = lines.flatMap(({ productId, pieces, wrong }) =>
    wrong || pieces === null || pieces === 0 ? [] : [{ productId, quantity: pieces }],
  );
  const total = back.reduce((sum, { quantity }) => sum + quantity, 0);
  const left = lines.reduce((sum, { out }) => sum + out, 0) - total;
  const days = unusedDays(rental, now);
  const valid = total > 0 && !lines.some(({ wrong }) => wrong);
  const state = useChange(
    { rental, ready, onDone },
    // Nothing is out any more: the server says why.
    valid || lines.length === 0 ? { kind: 'return', lines: back, credit: credit && days > 0 } : null,
  );
  const setAll = (pieces: (out: number) => number) =>
    setTyped(Object.fromEntries(lines.map(({ productId, out }) => [productId, String(pieces(out))])));
  return (
    <ChangeForm
      rental={rental}
      state={state}
      submitLabel={t('return.submit', { n: total })}
      settled={t('outcome.settled')}
      blocked={!valid && lines.length > 0}
      onCancel={onCancel}
    >
      <div className={classes.head}>
        <p>{t('return.lines')}</p>
        {lines.length > 1 && (
          <div className={classes.quick}>
            <Button size="xs" variant="default" onClick={() => setAll((out) => out)}>
              {t('return.all')}
            </Button>
            <Button size="xs" variant="default" onClick={() => setAll(() => 0)}>
              {t('return.none')}
            </Button>
          </div>
        )}
      </div>
      <ul className={classes.lines}>
        {lines.map((line) => (
          <li key={line.productId} data-testid="return-line" data-product-id={line.productId}>
            <span>
              {line.productName}
              <small>{t('return.out', { n: line.out })}</small>
            </span>
            <StepInput
              testId="return-quantity"
              label={t('return.count', { product: line.productName })}
              less={t('return.less', { product: line.productName })}
              more={t('return.more', { product: line.productName })}
              min={0}
              max={line.out}
              value={line.text}
              error={line.wrong ? t('return.tooMany', { n: line.out }) : undefined}
              onChange={(text) => setTyped((before) => ({ ...before, [line.productId]: text }))}
            />
          </li>
        ))}
      </ul>
      <p className={classes.stock} role="status">
        {lines.length === 0
          ? null
          : !valid
            ? t('return.nothing')
            : left === 0
              ? t('return.whole')
              : t('return.part', { back: total, out: left })}
      </p>
      {days > 0 && (
        <Switch
          label={t('return.credit')}
          description={t('return.creditHint', { count: days })}
          checked={credit}
          onChange={setCredit}
        />
      )}
    </ChangeForm>
  );
}
