import { IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDebounced } from '../../shared/debounce';
import { formatMoney } from '../../shared/format';
import { useLanguage } from '../../shared/i18n/i18n';
import { matchesSearch } from '../../shared/normalize-search';
import { locationsQueryOptions } from '../../api/locations';
import { productsQueryOptions } from '../../api/products';
import { stockQueryOptions } from '../../api/stock';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import { type Adding, type Draft, piecesOf } from '../../domain/rentals/cart';
import classes from './checkout-page.module.css';

/** Finds products at the chosen location and adds them to the basket. */
export function ProductSearch({
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
  // Until the answer arrives the list shows only rows that match what is typed now.
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
    // The list itself shows what could not be loaded.
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
