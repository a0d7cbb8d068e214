import { useState } from 'react';
import { useNow } from '../../shared/clock';
import { addDays, toDateField } from '../../shared/format';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Named } from '../../shared/model';
import { SelectField } from '../../shared/ui/controls/select-field';
import { Basket } from './basket';
import { type Adding, type Draft, type ItemProblems } from '../../domain/rentals/cart';
import { DueField } from '../../domain/rentals/due-field';
import classes from './checkout-page.module.css';
import { ProductSearch } from './product-search';
import type { Scans } from './use-scans';
import './messages';

interface ItemsStepProps {
  draft: Draft;
  locations: readonly Named[];
  problems: ItemProblems | null;
  /** The server's message for a field that it did not accept. */
  refused: { locationId?: string; dueAt?: string };
  available: (productId: string) => number | undefined;
  startsAt: Date;
  dueAt: string | null;
  scans: Scans;
  onAdd: (product: Adding) => void;
  /** Enter in the empty search: nothing more is added. */
  onDone: () => void;
  onChange: (change: Partial<Draft>) => void;
}

/** The products, the location and the due day. */
export function ItemsStep({
  draft,
  locations,
  problems,
  refused,
  available,
  startsAt,
  dueAt,
  scans,
  onAdd,
  onDone,
  onChange,
}: ItemsStepProps) {
  const { t } = useTranslation('checkout');
  const now = useNow();
  const [asked] = useState(draft.locationId === '' && locations.length > 0);
  return (
    <div className={classes.items}>
      <div className={classes.terms}>
        <SelectField
          data-testid="wizard-location"
          {...(asked && { 'data-step-focus': true })}
          label={t('wizard.location')}
          value={draft.locationId}
          options={[
            ...(draft.locationId === '' ? [{ value: '', label: t('wizard.locationNone') }] : []),
            ...locations.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          error={(problems?.location && t(`wizard.${problems.location}`)) ?? refused.locationId}
          onChange={(event) => onChange({ locationId: event.currentTarget.value })}
        />
        <div>
          <DueField
            testId="wizard-due"
            label={t('wizard.due')}
            min={toDateField(now)}
            value={draft.due}
            dueAt={dueAt}
            error={(problems?.due && t(`wizard.${problems.due}`)) ?? refused.dueAt}
            onChange={(due) => onChange({ due })}
          >
            <div className={classes.quick} role="group" aria-label={t('wizard.dueQuick')}>
              {(
                [
                  ['today', 0],
                  ['tomorrow', 1],
                  ['threeDays', 3],
                  ['week', 7],
                ] as const
              ).map(([name, days]) => {
                const date = toDateField(addDays(now, days));
                return (
                  <button
                    key={name}
                    type="button"
                    aria-pressed={draft.due.startsWith(date)}
                    onClick={() => onChange({ due: date })}
                  >
                    {t(`wizard.${name}`)}
                  </button>
                );
              })}
            </div>
          </DueField>
        </div>
      </div>
      <ProductSearch draft={draft} available={available} scans={scans} onAdd={onAdd} onDone={onDone} />
      <Basket
        draft={draft}
        problems={problems}
        available={available}
        startsAt={startsAt}
        dueAt={dueAt}
        onChange={onChange}
      />
    </div>
  );
}
