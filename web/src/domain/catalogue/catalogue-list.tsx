import { type Icon, IconArchive, IconPlus, IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useDebounced } from '../../shared/debounce';
import { useTranslation } from '../../shared/i18n/i18n';
import { useModalContent } from '../../shared/modal-content';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { TextField } from '../../shared/ui/controls/text-field';
import { ListPage, type ListQuery } from '../../shared/ui/list-page';
import { EmptyState } from '../../shared/ui/states';
import { ArchiveFilter } from './archive';
import classes from './catalogue-list.module.css';
import './messages';

/** What administrators write: its route, and where its messages are. */
type Kind = 'partners' | 'products' | 'locations';

/** What a catalogue's list is filtered by: `archived` is in the address. */
export function useCatalogueFilter(kind: Kind) {
  const { archived = false } = useSearch({ from: `/signed-in/${kind}` });
  const [words, setWords] = useState('');
  const search = useDebounced(words.trim());
  return { words, setWords, filter: { search, archived } };
}

interface CatalogueListProps<Item> {
  kind: Kind;
  label: string;
  /** Shown while there is none. */
  icon: Icon;
  newIcon?: Icon;
  filter: ReturnType<typeof useCatalogueFilter>;
  query: ListQuery & { data: { pages: readonly { items: readonly Item[] }[] } | undefined };
  noneHint: string;
  tools?: ReactNode;
  /** Everybody adds and edits, not administrators only. */
  everybody?: boolean;
  /** One row; `onEdit` is null for those who only read. */
  row: (item: Item, onEdit: (() => void) | null) => ReactNode;
  /** The form of an item, or of a new one for null. */
  form: (item: Item | null, onSaved: () => void) => ReactNode;
}

/** A searched list, current or archived, in which administrators add and edit. */
export function CatalogueList<Item extends object>({
  kind,
  label,
  icon: KindIcon,
  newIcon: NewIcon = IconPlus,
  filter: { words, setWords, filter },
  query,
  noneHint,
  tools,
  everybody = false,
  row,
  form,
}: CatalogueListProps<Item>) {
  const { t } = useTranslation('catalogue');
  const writes = useUser().role === 'ADMIN' || everybody;
  const navigate = useNavigate();
  const modal = useModalContent<Item | 'new'>();
  const editing = modal.content;
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [EmptyIcon, title, hint] =
    filter.search !== ''
      ? [IconSearch, t('empty'), t('emptyHint')]
      : filter.archived
        ? [IconArchive, t('archive.none'), t('archive.noneHint')]
        : [KindIcon, t(`${kind}.none`), noneHint];
  return (
    <>
      <ListPage
        label={label}
        query={query}
        filters={
          <>
            <TextField
              type="search"
              className={classes.search}
              aria-label={t(`${kind}.search`)}
              placeholder={t(`${kind}.search`)}
              leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
            <ArchiveFilter
              archived={filter.archived}
              onChange={(archived) =>
                void navigate({ to: `/${kind}`, replace: true, search: archived ? { archived } : {} })
              }
            />
          </>
        }
        tools={tools}
        action={
          writes ? (
            <Button leftSection={<NewIcon size={18} stroke={1.8} aria-hidden />} onClick={() => modal.show('new')}>
              {t(`${kind}.new`)}
            </Button>
          ) : undefined
        }
        empty={
          items.length > 0 ? null : <EmptyState icon={<EmptyIcon size={24} stroke={1.7} />} title={title} hint={hint} />
        }
      >
        {items.map((item) => row(item, writes ? () => modal.show(item) : null))}
      </ListPage>
      <Modal {...modal.props} title={t(editing === 'new' ? `${kind}.new` : 'edit')}>
        {editing !== null && form(editing === 'new' ? null : editing, modal.close)}
      </Modal>
    </>
  );
}
