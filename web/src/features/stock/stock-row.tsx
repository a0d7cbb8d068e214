import { IconCheck } from '@tabler/icons-react';
import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../shared/http';
import { useAdjustStock } from '../../api/stock';
import { errorSentence, fieldSentence } from '../../shared/error-sentence';
import { formatNumber } from '../../shared/format';
import { type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { StockItem } from '../../shared/model';
import { Button } from '../../shared/ui/controls/button';
import { SuggestField } from '../../shared/ui/controls/combobox';
import { LevelBar } from '../../shared/ui/level-bar';
import list from '../../shared/ui/list-page.module.css';
import { OrderButton } from '../../domain/stock/order-button';
import { ConfirmModal } from '../../shared/ui/confirm-modal';
import { SeverityPill } from '../../shared/ui/pill';
import { StepInput, wholeNumber } from '../../shared/ui/step-input';
import { LevelsButton } from './levels-button';
import './messages';
import classes from './stock-page.module.css';

/** A change that is asked about: a large one, or one that takes more than there is and can only take all. */
type Asked = { why: 'large'; delta: number } | { why: 'tooMany'; wanted: number; delta: number };

const signed = (delta: number, language: Language) => (delta < 0 ? '−' : '+') + formatNumber(Math.abs(delta), language);

/** A change of more pieces is asked about first. */
const largeChange = 100;

interface StockRowProps {
  item: StockItem;
  manager: boolean;
  /** The scan that found the row, and whether it is the only one that it found; null for the others. */
  scan: { id: number; only: boolean } | null;
}

export function StockRow({ item, manager, scan }: StockRowProps) {
  const { t } = useTranslation();
  const { t: own } = useTranslation('stock');
  const language = useLanguage();
  const field = useRef<HTMLInputElement>(null);
  const [delta, setDelta] = useState('');
  const [reason, setReason] = useState<string | null>(null);
  const [problem, setProblem] = useState<{
    delta?: string | undefined;
    reason?: string | undefined;
    other?: string | undefined;
  }>({});
  const reasonText = reason ?? own('reasonDefault');
  const [asked, setAsked] = useState<Asked | null>(null);

  // Whoever scans wants to change this row next. A window that asks something keeps the focus.
  const foundBy = scan?.only === true ? scan.id : null;
  useEffect(() => {
    if (foundBy !== null && document.activeElement?.closest('[role="dialog"]') == null) field.current?.focus();
  }, [foundBy]);

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
          delta: typeof available === 'number' ? own('below', { available }) : own('belowUnknown'),
        });
      } else if (error.errors.length > 0) {
        const named = { delta: fieldSentence(error, 'delta', t), reason: fieldSentence(error, 'reason', t) };
        setProblem((named.delta ?? named.reason) ? named : { other: errorSentence(error, t) });
      } else setProblem({ other: errorSentence(error, t) });
    },
  });

  const save = (by: number) => {
    setProblem({});
    adjust.mutate({
      productId: item.productId,
      locationId: item.locationId,
      delta: by,
      reason: reasonText.trim(),
    });
  };

  const handleSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    adjust.reset();
    const number = wholeNumber(delta);
    const why = reasonText.trim();
    if (number === null || number === 0) {
      setProblem({ delta: own('deltaInvalid') });
      return;
    }
    const tooMany = item.quantity + number < 0;
    if (tooMany && item.quantity === 0) {
      setProblem({ delta: own('below', { available: 0 }) });
      return;
    }
    if (why.length < 1 || why.length > 200) {
      setProblem({ reason: own('reasonInvalid') });
      return;
    }
    setProblem(tooMany ? { delta: own('below', { available: item.quantity }) } : {});
    if (tooMany) setAsked({ why: 'tooMany', wanted: -number, delta: -item.quantity });
    else if (Math.abs(number) > largeChange) setAsked({ why: 'large', delta: number });
    else save(number);
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
      data-sought={scan !== null || undefined}
    >
      <div className={classes.severity}>
        <SeverityPill severity={item.severity} />
      </div>
      <div className={`${list.what} ${classes.what}`}>
        <p className={list.title}>{item.productName}</p>
        <p className={list.sub}>
          {item.locationName}
          {item.archived && ` · ${own('archived')}`}
          {level > 0 && (
            <span> · {own('levelsLine', { warning: item.warningThreshold, critical: item.criticalThreshold })}</span>
          )}
        </p>
      </div>
      <div className={classes.level}>
        <span>
          <b data-testid="stock-quantity">{item.quantity}</b> {own('unit')}
        </span>
        <LevelBar quantity={item.quantity} level={level > 0 ? level * 2 : item.quantity} severity={item.severity} />
      </div>
      <form className={classes.adjust} noValidate onSubmit={handleSubmit}>
        <StepInput
          label={own('delta', { product: item.productName })}
          less={own('less', { product: item.productName })}
          more={own('more', { product: item.productName })}
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
          inputRef={field}
        />
        {typing && (
          <SuggestField
            className={classes.reason}
            aria-label={`${own('reason')}: ${item.productName}`}
            data-testid="stock-reason"
            suggestions={own('reasons').split('|')}
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
          aria-label={`${own('submit')}: ${item.productName}`}
        >
          {own('submit')}
        </Button>
      </form>
      <div className={`${list.actions} ${classes.actions}`}>
        {(item.severity !== 'OK' || item.expectedAt !== null) && <OrderButton item={item} />}
        {manager && <LevelsButton item={item} />}
      </div>
      {asked !== null && (
        <ConfirmModal
          title={own(`ask.${asked.why}Title`)}
          confirm={
            asked.why === 'large'
              ? own('ask.largeYes', { delta: signed(asked.delta, language) })
              : own('ask.tooManyYes', { quantity: formatNumber(item.quantity, language) })
          }
          onConfirm={() => save(asked.delta)}
          onClose={() => setAsked(null)}
        >
          <p>{own('ask.subject', { product: item.productName, location: item.locationName })}</p>
          <p>
            {asked.why === 'large'
              ? own('ask.largeChange', {
                  before: formatNumber(item.quantity, language),
                  after: formatNumber(item.quantity + asked.delta, language),
                  delta: signed(asked.delta, language),
                })
              : own('ask.tooMany', {
                  n: formatNumber(asked.wanted, language),
                  quantity: formatNumber(item.quantity, language),
                })}
          </p>
        </ConfirmModal>
      )}
      {problem.other !== undefined && (
        <p className={classes.problem} role="alert">
          {problem.other}
        </p>
      )}
      <p className={classes.saved} role="status">
        {adjust.isSuccess && (
          <>
            <IconCheck size={15} aria-hidden /> {own('saved', { quantity: adjust.data.quantity })}
          </>
        )}
      </p>
    </li>
  );
}
