import { IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useDebounced } from '../../shared/debounce';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { matchesSearch } from '../../shared/normalize-search';
import { scannerPause, takesScans } from '../../shared/scanner';
import { locationsQueryOptions } from '../../api/locations';
import { productsQueryOptions } from '../../api/products';
import { stockQueryOptions } from '../../api/stock';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { ErrorState, RowSkeletons } from '../../shared/ui/states';
import { type Adding, type Draft, piecesOf } from '../../domain/rentals/cart';
import classes from './checkout-page.module.css';
import './messages';
import { ScanOutcomes } from './scan-outcomes';
import type { Scans } from './use-scans';

/** Finds products at the chosen location and adds them to the basket. */
export function ProductSearch({
  draft,
  available,
  scans,
  onAdd,
  onDone,
}: {
  draft: Draft;
  available: (productId: string) => number | undefined;
  scans: Scans;
  onAdd: (product: Adding) => void;
  onDone: () => void;
}) {
  const { t } = useTranslation('checkout');
  const language = useLanguage();
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

  // Enter takes the text at once, also before the list has caught up with the typing: the next scan begins in an
  // empty field.
  const enteredAt = useRef(-Infinity);
  const handleKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    event.preventDefault();
    const again = event.repeat || event.timeStamp - enteredAt.current <= scannerPause;
    enteredAt.current = event.timeStamp;
    if (event.currentTarget.value.trim() !== '') {
      scans.take(event.currentTarget.value);
      setWords('');
    } else if (!again) onDone(); // some scanners press Enter twice
  };

  return (
    <div className={classes.find}>
      <TextField
        data-testid="wizard-product-search"
        data-step-focus
        type="search"
        label={t('wizard.search')}
        description={scans.pending > 0 ? t('scan.looking', { count: scans.pending }) : t('scan.hint')}
        {...takesScans}
        leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
        autoComplete="off"
        disabled={draft.locationId === '' && !nowhere && locations.data !== undefined}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={handleKey}
      />
      <ScanOutcomes scans={scans} />
      {stock.error !== null && (
        <ErrorState error={stock.error} busy={stock.isFetching} onRetry={() => stock.refetch()} />
      )}
      {nowhere && (
        <p className={classes.nothing} role="status">
          {t('wizard.nowhere')}
        </p>
      )}
      {draft.locationId === '' && !nowhere && locations.data !== undefined && (
        <p className={classes.nothing} role="status">
          {t('wizard.locationFirst')}
        </p>
      )}
      {stock.isPending && draft.locationId !== '' && !nowhere && <RowSkeletons rows={5} />}
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
