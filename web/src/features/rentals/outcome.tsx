import { IconCash, IconCreditCard } from '@tabler/icons-react';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Refund, Rental } from '../../shared/model';
import classes from './change-modal.module.css';

/** The refunds that a change has brought. */
export function newRefunds(before: Rental, after: Rental): Refund[] {
  const known = new Set(before.refunds?.map(({ id }) => id));
  return (after.refunds ?? []).filter(({ id }) => !known.has(id));
}

/** What a change costs or gives back, and to whom. */
export function Outcome({ before, after }: { before: Rental; after: Rental }) {
  const { t } = useTranslation('rental');
  const language = useLanguage();
  const money = (amount: number) => formatMoney(amount, language, after.currency);
  const refunds = newRefunds(before, after);
  return (
    <dl className={classes.outcome} aria-label={t('outcome.label')} data-testid="change-outcome">
      {after.totalValue !== before.totalValue && (
        <div>
          <dt>{t('outcome.price')}</dt>
          <dd>
            {money(before.totalValue)} → <b>{money(after.totalValue)}</b>
          </dd>
        </div>
      )}
      {refunds.map((refund) => (
        <div key={refund.id} data-testid="change-refund" data-method={refund.method}>
          <dt>
            {refund.method === 'CASH' ? (
              <IconCash size={18} stroke={1.7} aria-hidden />
            ) : (
              <IconCreditCard size={18} stroke={1.7} aria-hidden />
            )}
            <span>
              {t(`outcome.${refund.method}`)}
              {refund.roundingAmount !== 0 && <small>{t('outcome.rounded')}</small>}
            </span>
          </dt>
          <dd>
            <b>{money(refund.amount)}</b>
          </dd>
        </div>
      ))}
      {after.owedAmount > 0 && (
        <div data-owed>
          <dt>{t('outcome.owed')}</dt>
          <dd>
            <b>{money(after.owedAmount)}</b>
          </dd>
        </div>
      )}
    </dl>
  );
}
