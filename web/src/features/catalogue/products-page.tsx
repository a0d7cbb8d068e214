import { IconArchive, IconPlus, IconSearch, IconTools } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { productListQueryOptions, useSaveProduct } from '../../api/products';
import { ArchiveButton, ArchiveFilter } from '../../domain/catalogue/archive';
import { ExportButton } from '../../domain/exports/export-button';
import { useDebounced } from '../../shared/debounce';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Product } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { TextField } from '../../shared/ui/controls/text-field';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { EmptyState } from '../../shared/ui/states';
import { CatalogueTabs } from './catalogue-tabs';
import classes from './catalogue.module.css';
import { ProductForm } from './product-form';

/** What can be rented, with its price and barcodes; administrators write it. */
export function ProductsPage() {
  const { t } = useTranslation('catalogue');
  const admin = useUser().role === 'ADMIN';
  const navigate = useNavigate();
  const archived = useSearch({ from: '/signed-in/products' }).archived ?? false;
  const [words, setWords] = useState('');
  const search = useDebounced(words.trim());
  const filter = { search, archived };
  const modal = useModalContent<Product | 'new'>();
  const editing = modal.content;
  const listed = useInfiniteQuery({ ...productListQueryOptions(filter), placeholderData: keepPreviousData });
  const products = listed.data?.pages.flatMap((page) => page.items) ?? [];
  const empty =
    search !== '' ? (
      <EmptyState icon={<IconSearch size={24} stroke={1.7} />} title={t('empty')} hint={t('emptyHint')} />
    ) : archived ? (
      <EmptyState
        icon={<IconArchive size={24} stroke={1.7} />}
        title={t('archive.none')}
        hint={t('archive.noneHint')}
      />
    ) : (
      <EmptyState
        icon={<IconTools size={24} stroke={1.7} />}
        title={t('products.none')}
        hint={t(admin ? 'products.noneHint' : 'products.noneHintReader')}
      />
    );
  return (
    <div className={classes.page}>
      <CatalogueTabs />
      <ListPage
        label={t('tabs.products')}
        query={listed}
        filters={
          <>
            <TextField
              type="search"
              className={classes.search}
              aria-label={t('products.search')}
              placeholder={t('products.search')}
              leftSection={<IconSearch size={18} stroke={1.7} aria-hidden />}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
            <ArchiveFilter
              archived={archived}
              onChange={(next) =>
                void navigate({ to: '/products', replace: true, search: next ? { archived: true } : {} })
              }
            />
          </>
        }
        tools={<ExportButton list="products" filter={filter} />}
        {...(admin
          ? {
              action: (
                <Button leftSection={<IconPlus size={18} stroke={1.8} aria-hidden />} onClick={() => modal.show('new')}>
                  {t('products.new')}
                </Button>
              ),
            }
          : {})}
        empty={products.length > 0 ? null : empty}
      >
        {products.map((product) => (
          <ProductRow key={product.id} product={product} admin={admin} onEdit={() => modal.show(product)} />
        ))}
      </ListPage>
      <Modal {...modal.props} title={t(editing === 'new' ? 'products.new' : 'edit')}>
        {editing !== null && <ProductForm product={editing === 'new' ? null : editing} onSaved={modal.close} />}
      </Modal>
    </div>
  );
}

function ProductRow({ product, admin, onEdit }: { product: Product; admin: boolean; onEdit: () => void }) {
  const { t } = useTranslation('catalogue');
  const language = useLanguage();
  const save = useSaveProduct();
  const { id, name, dailyPrice, barcodes, archived } = product;
  return (
    <li
      className={`${list.row} ${classes.product}`}
      data-testid="product-row"
      data-product-id={id}
      data-archived={archived || undefined}
    >
      <div className={list.what}>
        {archived ? (
          <p className={list.title}>{name}</p>
        ) : (
          <Link to="/stock" search={{ search: name }} className={list.title} title={t('products.stock')}>
            {name}
          </Link>
        )}
        <p className={`${list.sub} facts`}>
          <span>{id}</span>
          {barcodes.length > 0 && (
            <span className={classes.codes} aria-label={`${t('products.barcodes')}: ${barcodes.join(', ')}`}>
              {barcodes.join(', ')}
            </span>
          )}
        </p>
      </div>
      <div className={list.amount}>
        <b>{t('products.perDay', { amount: formatMoney(dailyPrice, language) })}</b>
      </div>
      {admin && (
        <div className={list.actions}>
          <Button size="xs" variant="default" aria-label={`${t('edit')}: ${name}`} onClick={onEdit}>
            {t('edit')}
          </Button>
          <ArchiveButton
            kind="product"
            item={product}
            save={save}
            onChange={(next) => save.mutate({ id, name, dailyPrice, archived: next })}
          />
        </div>
      )}
    </li>
  );
}
