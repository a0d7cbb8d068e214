import { IconPlus, IconSearch, IconTrash } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../shared/clock';
import { useDebounced } from '../../shared/debounce';
import { matchesSearch } from '../../shared/normalize-search';
import { addDays, dueInstant, formatMoney, rentalDays, toDateField } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import { useFocusRestore } from '../../shared/focus-restore';
import type { Named } from '../../shared/model';
import { locationsQueryOptions, productsQueryOptions, stockQueryOptions } from '../../shared/queries';
import { Button } from '../../shared/ui/controls/button';
import { SelectField } from '../../shared/ui/controls/select-field';
import { TextField } from '../../shared/ui/controls/text-field';
import { EmptyState, ErrorState, RowSkeletons } from '../../shared/ui/states';
import { StepInput } from '../../shared/ui/step-input';
import {
  type Adding,
  addPiece,
  type Draft,
  type ItemProblems,
  perDay,
  piecesOf,
  removeLine,
  setQuantity,
} from './cart';
import classes from './checkout-page.module.css';

interface ItemsStepProps {
  draft: Draft;
  locations: readonly Named[];
  problems: ItemProblems | null;
  /** The server's sentence for a field, when it did not accept one. */
  refused: (field: string) => string | undefined;
  available: (productId: string) => number | undefined;
  began: Date;
  onChange: (change: Partial<Draft>) => void;
}

/** What, from where and until when. The figures beside the products are live. */
export function ItemsStep({ draft, locations, problems, refused, available, began, onChange }: ItemsStepProps) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <div className={classes.items}>
      <div className={classes.terms}>
        <SelectField
          data-testid="wizard-location"
          label={t('wizard.location')}
          value={draft.locationId}
          options={locations.map(({ id, name }) => ({ value: id, label: name }))}
          error={(problems?.location && t(`wizard.${problems.location}`)) ?? refused('locationId')}
          onChange={(event) => onChange({ locationId: event.currentTarget.value })}
        />
        <div>
          <TextField
            data-testid="wizard-due"
            type="date"
            label={t('wizard.due')}
            min={toDateField(now)}
            value={draft.due}
            error={(problems?.due && t(`wizard.${problems.due}`)) ?? refused('dueAt')}
            onChange={(event) => onChange({ due: event.currentTarget.value })}
          />
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
                  aria-pressed={draft.due === date}
                  onClick={() => onChange({ due: date })}
                >
                  {t(`wizard.${name}`)}
                </button>
              );
            })}
          </div>
        </div>
      </div>
      <ProductSearch
        draft={draft}
        available={available}
        onAdd={(product) => onChange({ lines: addPiece(draft.lines, product) })}
      />
      <Basket draft={draft} problems={problems} available={available} began={began} onChange={onChange} />
    </div>
  );
}

function ProductSearch({
  draft,
  available,
  onAdd,
}: {
  draft: Draft;
  available: (productId: string) => number | undefined;
  onAdd: (product: Adding) => void;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const client = useQueryClient();
  const [words, setWords] = useState('');
  const search = useDebounced(words.trim());
  const stock = useInfiniteQuery({
    ...stockQueryOptions({ search, severity: null, locationId: draft.locationId }),
    enabled: draft.locationId !== '',
    placeholderData: keepPreviousData,
  });
  const locations = useQuery(locationsQueryOptions());
  const nowhere = locations.data?.items.length === 0;
  const products = useQuery({ ...productsQueryOptions(search), placeholderData: keepPreviousData });
  const prices = new Map(products.data?.items.map((each) => [each.id, each.dailyPrice]));
  // Until the answer is there, what stands in the list must not be what was not asked for.
  const late = search !== words.trim() || stock.isPlaceholderData;
  const found = (stock.data?.pages[0]?.items ?? []).filter((item) => !late || matchesSearch(item.productName, words));

  // Enter adds the first hit, also when it is pressed before the list has caught up with the typing.
  const handleEnter = async () => {
    const sought = words.trim();
    if (sought === '' || draft.locationId === '') return;
    const [hits, priced] = await Promise.all([
      client.infiniteQuery(stockQueryOptions({ search: sought, severity: null, locationId: draft.locationId })),
      client.query(productsQueryOptions(sought)),
    ]);
    const first = hits.pages[0]?.items.find((item) => item.quantity > piecesOf(draft.lines, item.productId));
    if (first === undefined) return;
    onAdd({
      productId: first.productId,
      productName: first.productName,
      dailyPrice: priced.items.find((each) => each.id === first.productId)?.dailyPrice ?? null,
    });
    setWords('');
  };
  const handleKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    // What cannot be loaded says so in the list itself.
    handleEnter().catch(() => undefined);
  };

  return (
    <div className={classes.find}>
      <TextField
        data-testid="wizard-product-search"
        type="search"
        label={t('wizard.search')}
        description={t('wizard.searchHint')}
        leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
        autoComplete="off"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={handleKey}
      />
      {stock.error !== null && (
        <ErrorState error={stock.error} busy={stock.isFetching} onRetry={() => stock.refetch()} />
      )}
      {nowhere && (
        <p className={classes.nothing} role="status">
          {t('wizard.nowhere')}
        </p>
      )}
      {stock.isPending && !nowhere && <RowSkeletons rows={5} />}
      {stock.data !== undefined && !late && found.length === 0 && (
        <p className={classes.nothing} role="status">
          {t('wizard.searchEmpty')}
        </p>
      )}
      <ul className={classes.found} data-stale={stock.isPlaceholderData || undefined}>
        {found.map((item) => {
          const left = available(item.productId) ?? item.quantity;
          const taken = piecesOf(draft.lines, item.productId);
          const price = prices.get(item.productId) ?? null;
          return (
            <li key={item.productId} data-product-id={item.productId}>
              <div>
                <p className={classes.product}>{item.productName}</p>
                <p className={classes.sub}>
                  <span data-left={left === 0 ? 'none' : left <= 1 ? 'last' : undefined}>
                    {left === 0
                      ? t('wizard.soldOut')
                      : left === 1
                        ? t('wizard.lastOne')
                        : t('wizard.available', { n: left })}
                  </span>
                  {price !== null && <span>{t('wizard.perDay', { amount: formatMoney(price, language) })}</span>}
                </p>
              </div>
              <Button
                size="xs"
                variant={taken > 0 ? 'light' : 'default'}
                data-testid="wizard-add"
                data-product-id={item.productId}
                aria-label={t('wizard.addProduct', { product: item.productName })}
                disabled={left <= taken}
                leftSection={<IconPlus size={16} aria-hidden />}
                onClick={() => onAdd({ productId: item.productId, productName: item.productName, dailyPrice: price })}
              >
                {taken > 0 ? `${taken}` : t('wizard.add')}
              </Button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Basket({
  draft,
  problems,
  available,
  began,
  onChange,
}: Pick<ItemsStepProps, 'draft' | 'problems' | 'available' | 'began' | 'onChange'>) {
  const { t } = useTranslation();
  const language = useLanguage();
  const heading = useId();
  const daily = perDay(draft.lines);
  const due = dueInstant(draft.due, began);
  const days = due === null ? 1 : rentalDays(began, due);
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
