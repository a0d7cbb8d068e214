import { IconCheck } from '@tabler/icons-react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../shared/http';
import { useAdjustStock } from '../../api/stock';
import { errorSentence, fieldSentence } from '../../shared/error-sentence';
import type { StockItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { SuggestField } from '../../shared/ui/controls/combobox';
import { LevelBar } from '../../shared/ui/level-bar';
import list from '../../shared/ui/list-page.module.css';
import { OrderButton } from '../../domain/stock/order-button';
import { SeverityPill } from '../../shared/ui/pill';
import { StepInput, wholeNumber } from '../../shared/ui/step-input';
import { LevelsButton } from './levels-button';
import classes from './stock-page.module.css';

export function StockRow({ item, manager }: { item: StockItem; manager: boolean }) {
  const { t } = useTranslation();
  const [delta, setDelta] = useState('');
  const [reason, setReason] = useState<string | null>(null);
  const [problem, setProblem] = useState<{
    delta?: string | undefined;
    reason?: string | undefined;
    other?: string | undefined;
  }>({});
  const reasonText = reason ?? t('stock.reasonDefault');

  const adjust = useAdjustStock({
    onSuccess: () => {
      setDelta('');
      setReason(null);
    },
    onError: (error) => {
      if (!(error instanceof ApiError)) setProblem({ other: errorSentence(error, t) });
      else if (error.code === 'INSUFFICIENT_STOCK') {
        const available = error.problem.available;
        setProblem({
          delta: typeof available === 'number' ? t('stock.below', { available }) : t('stock.belowUnknown'),
        });
      } else if (error.errors.length > 0) {
        const named = { delta: fieldSentence(error, 'delta', t), reason: fieldSentence(error, 'reason', t) };
        setProblem((named.delta ?? named.reason) ? named : { other: errorSentence(error, t) });
      } else setProblem({ other: errorSentence(error, t) });
    },
  });

  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    adjust.reset();
    const number = wholeNumber(delta);
    const why = reasonText.trim();
    if (number === null || number === 0) {
      setProblem({ delta: t('stock.deltaInvalid') });
      return;
    }
    if (number < 0 && item.quantity + number < 0) {
      setProblem({ delta: t('stock.below', { available: item.quantity }) });
      return;
    }
    if (why.length < 1 || why.length > 200) {
      setProblem({ reason: t('stock.reasonInvalid') });
      return;
    }
    setProblem({});
    adjust.mutate({ productId: item.productId, locationId: item.locationId, delta: number, reason: why });
  };

  const level = Math.max(item.warningThreshold, item.criticalThreshold);
  const typing = delta.trim() !== '';

  return (
    <li
      className={`${list.row} ${classes.row}`}
      data-testid="stock-row"
      data-product-id={item.productId}
      data-location-id={item.locationId}
      data-severity={item.severity}
    >
      <div className={classes.severity}>
        <SeverityPill severity={item.severity} />
      </div>
      <div className={`${list.what} ${classes.what}`}>
        <p className={list.title}>{item.productName}</p>
        <p className={list.sub}>
          {item.locationName}
          {level > 0 && (
            <span>
              {' '}
              · {t('stock.levelsLine', { warning: item.warningThreshold, critical: item.criticalThreshold })}
            </span>
          )}
        </p>
      </div>
      <div className={classes.level}>
        <span>
          <b data-testid="stock-quantity">{item.quantity}</b> {t('stock.unit')}
        </span>
        <LevelBar quantity={item.quantity} level={level > 0 ? level * 2 : item.quantity} severity={item.severity} />
      </div>
      <form className={classes.adjust} noValidate onSubmit={handleSubmit}>
        <StepInput
          label={t('stock.delta', { product: item.productName })}
          less={t('stock.less', { product: item.productName })}
          more={t('stock.more', { product: item.productName })}
          placeholder="±0"
          value={delta}
          onChange={(value) => {
            setDelta(value);
            setProblem({});
            if (adjust.isSuccess) adjust.reset();
          }}
          min={-1_000_000}
          error={problem.delta}
          testId="stock-delta"
        />
        {typing && (
          <SuggestField
            className={classes.reason}
            aria-label={`${t('stock.reason')}: ${item.productName}`}
            data-testid="stock-reason"
            suggestions={t('stock.reasons').split('|')}
            maxLength={200}
            value={reasonText}
            error={problem.reason}
            onFocus={(event) => event.currentTarget.select()}
            onChange={setReason}
          />
        )}
        <Button
          type="submit"
          size="xs"
          variant={typing ? 'filled' : 'default'}
          loading={adjust.isPending}
          data-testid="stock-submit"
          aria-label={`${t('stock.submit')}: ${item.productName}`}
        >
          {t('stock.submit')}
        </Button>
      </form>
      <div className={`${list.actions} ${classes.actions}`}>
        {(item.severity !== 'OK' || item.expectedAt !== null) && <OrderButton item={item} />}
        {manager && <LevelsButton item={item} />}
      </div>
      {problem.other !== undefined && (
        <p className={classes.problem} role="alert">
          {problem.other}
        </p>
      )}
      <p className={classes.saved} role="status">
        {adjust.isSuccess && (
          <>
            <IconCheck size={15} aria-hidden /> {t('stock.saved', { quantity: adjust.data.quantity })}
          </>
        )}
      </p>
    </li>
  );
}
