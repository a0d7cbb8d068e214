import { IconTrash } from '@tabler/icons-react';
import { useId } from 'react';
import { useFocusRestore } from '../../shared/focus-restore';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { EmptyState } from '../../shared/ui/states';
import { StepInput } from '../../shared/ui/step-input';
import { type Draft, type ItemProblems, perDay, removeLine, setQuantity } from '../../domain/rentals/cart';
import { rentalDays } from '../../domain/rentals/return-instant';
import classes from './checkout-page.module.css';
import './messages';

interface BasketProps {
  draft: Draft;
  problems: ItemProblems | null;
  available: (productId: string) => number | undefined;
  startsAt: Date;
  dueAt: string | null;
  onChange: (change: Partial<Draft>) => void;
}

/** The chosen products, their quantities and the estimated price. */
export function Basket({ draft, problems, available, startsAt, dueAt, onChange }: BasketProps) {
  const { t } = useTranslation('checkout');
  const language = useLanguage();
  const heading = useId();
  const daily = perDay(draft.lines);
  const days = dueAt === null ? 1 : rentalDays(startsAt, dueAt);
  const problemOf = (productId: string) => {
    const problem = problems?.quantities[productId];
    if (problem === undefined) return undefined;
    return problem.key === 'tooMany' ? t('wizard.tooMany', { n: problem.n }) : t('wizard.quantityInvalid');
  };
  return (
    <section
      ref={useFocusRestore()}
      className={classes.basket}
      aria-labelledby={heading}
      data-error={problems?.lines !== undefined || undefined}
    >
      <h2 id={heading}>{t('wizard.cart')}</h2>
      {problems?.lines !== undefined && (
        <p className="field-error" role="alert">
          {t(`wizard.${problems.lines}`)}
        </p>
      )}
      {draft.lines.length === 0 ? (
        <EmptyState title={t('wizard.cartEmpty')} hint={t('wizard.cartEmptyHint')} />
      ) : (
        <>
          <ul>
            {draft.lines.map((line) => {
              const left = available(line.productId);
              return (
                <li key={line.productId} data-testid="wizard-line" data-product-id={line.productId}>
                  <div className={classes.lineHead}>
                    <p className={classes.product}>{line.productName}</p>
                    <button
                      type="button"
                      className={classes.remove}
                      aria-label={t('wizard.remove', { product: line.productName })}
                      onClick={() => onChange({ lines: removeLine(draft.lines, line.productId) })}
                    >
                      <IconTrash size={18} stroke={1.7} aria-hidden />
                    </button>
                  </div>
                  <div className={classes.lineFoot}>
                    <StepInput
                      testId="wizard-quantity"
                      label={t('wizard.quantity', { product: line.productName })}
                      less={t('wizard.less', { product: line.productName })}
                      more={t('wizard.more', { product: line.productName })}
                      min={1}
                      {...(left === undefined ? {} : { max: Math.max(1, left) })}
                      value={line.quantity}
                      error={problemOf(line.productId)}
                      onChange={(quantity) => onChange({ lines: setQuantity(draft.lines, line.productId, quantity) })}
                    />
                    <span className={classes.sub}>
                      {left !== undefined && (
                        <span>{left === 0 ? t('wizard.soldOut') : t('wizard.available', { n: left })}</span>
                      )}
                      {line.dailyPrice !== null && (
                        <span>{t('wizard.perDay', { amount: formatMoney(line.dailyPrice, language) })}</span>
                      )}
                    </span>
                  </div>
                </li>
              );
            })}
          </ul>
          {daily !== null && (
            <p className={classes.estimate}>
              <span>
                {t('wizard.estimate')}
                <small>{t('wizard.estimateHint', { count: days })}</small>
              </span>
              <b>{formatMoney(daily * days, language)}</b>
            </p>
          )}
        </>
      )}
    </section>
  );
}
