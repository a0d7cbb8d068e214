import { IconBuildingWarehouse, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { useListInteraction } from '../../shared/list-interaction';
import { isManager, type Severity, type StockListItem } from '../../shared/model';
import { setLocationFilter, useLocationFilter } from '../../shared/location-filter';
import { stockQueryOptions, type StockSort } from '../../api/stock';
import { useUser } from '../../shared/session';
import { useStableRows } from '../../shared/stable-rows';
import { useDebounced } from '../../shared/debounce';
import { ExportButton } from '../../domain/exports/export-button';
import { Button } from '../../shared/ui/controls/button';
import { TextField } from '../../shared/ui/controls/text-field';
import { ListPage } from '../../shared/ui/list-page';
import { Segmented } from '../../shared/ui/segmented';
import { EmptyState } from '../../shared/ui/states';
import './messages';
import { ScanNotice } from './scan-notice';
import { StockRow } from './stock-row';
import { useScannedStock } from './use-scanned-stock';
import classes from './stock-page.module.css';

const keyOf = (item: Pick<StockListItem, 'productId' | 'locationId'>) => `${item.productId}/${item.locationId}`;
const signatureOf = (item: StockListItem) => `${item.severity}/${item.quantity}/${item.out ?? ''}/${item.expectedAt}`;

/** Every product at every location: what is free, what runs out, and how to correct it. */
export function StockPage() {
  const { t } = useTranslation();
  const { t: own } = useTranslation('stock');
  const navigate = useNavigate();
  const address = useSearch({ from: '/signed-in/stock' });
  const manager = isManager(useUser().role);
  const location = useLocationFilter();
  const [words, setWords] = useState(address.search ?? '');
  const search = useDebounced(words.trim());
  const severity = address.severity ?? null;
  const sort: StockSort = address.sort ?? '-severity';
  const locationId = address.location ?? location;

  // The address follows the field, so that a search can be reloaded and sent on.
  const typing = search !== words.trim();
  useEffect(() => {
    if (typing || search === (address.search ?? '')) return;
    void navigate({
      from: '/stock',
      replace: true,
      search: ({ search: left, ...rest }) => (search === '' ? rest : { ...rest, search }),
    });
  }, [typing, search, address.search, navigate]);

  // And the field follows a link, Back and Forward: they change the entry of the history, typing stays in its own.
  const here = useLocation({ select: ({ pathname, state }) => (pathname === '/stock' ? state.__TSR_index : null) });
  const named = useLocation({ select: (location) => location.search.search ?? '' });
  const [entry, setEntry] = useState(here);
  if (here !== null && here !== entry) {
    setEntry(here);
    setWords(named);
  }

  const filter = { search, severity, locationId };
  const list = useInfiniteQuery({ ...stockQueryOptions(filter, sort), placeholderData: keepPreviousData });
  const listed = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data]);
  // Rows stay where they are under the pointer; what another filter finds replaces them at once.
  const { interacting, handlers } = useListInteraction();
  const asked = JSON.stringify([filter, sort]);
  const [answered, setAnswered] = useState(asked);
  const same = asked === answered;
  if (!same && !list.isPlaceholderData && listed !== undefined) setAnswered(asked);
  const rows = useStableRows(listed, keyOf, signatureOf, interacting && same);
  const scanned = useScannedStock(locationId);
  // What was scanned is on top, whatever the filters leave out; the other rows keep what is typed in them.
  const found = scanned.items.map((item) => {
    const out = rows.find(({ key }) => key === keyOf(item))?.row.out;
    const row = out === undefined ? item : { ...item, out };
    return { key: keyOf(item), row, gone: false, changes: 0, scanned: true };
  });
  const items = [
    ...found,
    ...rows.filter(({ key }) => !found.some((each) => each.key === key)).map((each) => ({ ...each, scanned: false })),
  ];
  const filtered = search !== '' || severity !== null || locationId !== null;

  const handleSeverity = (value: Severity | 'ALL') =>
    void navigate({
      from: '/stock',
      replace: true,
      search: ({ severity: left, ...rest }) => (value === 'ALL' ? rest : { ...rest, severity: value }),
    });
  const handleClear = () => {
    setWords('');
    if (address.location === undefined) setLocationFilter(null);
    void navigate({
      from: '/stock',
      replace: true,
      search: ({ sort: kept }) => (kept === undefined ? {} : { sort: kept }),
    });
  };
  const handleSort = (value: StockSort) =>
    void navigate({
      from: '/stock',
      replace: true,
      search: ({ sort: left, ...rest }) => (value === 'name' ? { ...rest, sort: value } : rest),
    });

  return (
    <ListPage
      label={own('title')}
      listHandlers={handlers}
      query={list}
      filters={
        <>
          <TextField
            type="search"
            className={classes.search}
            aria-label={own('search')}
            placeholder={own('search')}
            leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <Segmented<Severity | 'ALL'>
            label={own('severity')}
            value={severity ?? 'ALL'}
            onChange={handleSeverity}
            options={[
              { value: 'ALL', label: t('common.all') },
              { value: 'CRITICAL', label: t('severity.CRITICAL') },
              { value: 'WARNING', label: t('severity.WARNING') },
              { value: 'OK', label: t('severity.OK') },
            ]}
          />
          <Segmented<StockSort>
            label={own('sort.label')}
            value={sort}
            onChange={handleSort}
            options={[
              { value: '-severity', label: own('sort.worst') },
              { value: 'name', label: own('sort.name') },
            ]}
          />
          {address.location !== undefined && (
            <Button variant="light" size="xs" onClick={handleClear}>
              {t('common.clearFilters')}
            </Button>
          )}
          <ScanNotice scanned={scanned} />
        </>
      }
      tools={<ExportButton list="stock" filter={filter} />}
      empty={
        items.length > 0 ? null : filtered ? (
          <EmptyState
            icon={<IconSearch size={24} stroke={1.7} />}
            title={own('empty')}
            hint={own('emptyHint')}
            action={
              <Button variant="default" onClick={handleClear}>
                {t('common.clearFilters')}
              </Button>
            }
          />
        ) : (
          <EmptyState
            icon={<IconBuildingWarehouse size={24} stroke={1.7} />}
            title={own('none')}
            hint={own('noneHint')}
          />
        )
      }
    >
      {items.map(({ key, row, gone, changes, scanned: sought }) => (
        <StockRow
          key={key}
          item={row}
          gone={gone}
          changes={changes}
          manager={manager}
          scan={sought ? { id: scanned.id, only: scanned.items.length === 1 } : null}
        />
      ))}
    </ListPage>
  );
}
