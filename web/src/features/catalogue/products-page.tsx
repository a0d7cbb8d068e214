import { IconTools } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { productListQueryOptions, useSaveProduct } from '../../api/products';
import { HistoryButton } from '../../domain/audit/history-button';
import { ArchiveButton } from '../../domain/catalogue/archive';
import { CatalogueList, useCatalogueFilter } from '../../domain/catalogue/catalogue-list';
import { ExportButton } from '../../domain/exports/export-button';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Product } from '../../shared/model';
import { useModalContent } from '../../shared/modal-content';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import list from '../../shared/ui/list-page.module.css';
import { Modal } from '../../shared/ui/controls/modal';
import { CatalogueTabs } from './catalogue-tabs';
import classes from './catalogue.module.css';
import { ProductForm } from './product-form';
import { StockForm } from './stock-form';

/** What can be rented, with its price and barcodes; administrators write it. */
export function ProductsPage() {
  const { t } = useTranslation('catalogue');
  const admin = useUser().role === 'ADMIN';
  const filter = useCatalogueFilter('products');
  const products = useInfiniteQuery({
    ...productListQueryOptions(filter.filter),
    placeholderData: keepPreviousData,
  });
  return (
    <div className={classes.page}>
      <CatalogueTabs />
      <CatalogueList
        kind="products"
        label={t('tabs.products')}
        icon={IconTools}
        filter={filter}
        query={products}
        noneHint={t(admin ? 'products.noneHint' : 'products.noneHintReader')}
        tools={<ExportButton list="products" filter={filter.filter} />}
        row={(product, onEdit) => <ProductRow key={product.id} product={product} onEdit={onEdit} />}
        form={(product, onSaved) =>
          product === null ? <NewProduct onDone={onSaved} /> : <ProductForm product={product} onSaved={onSaved} />
        }
      />
    </div>
  );
}

/** A new product, and then where it is and how many pieces there are. */
function NewProduct({ onDone }: { onDone: () => void }) {
  const [saved, setSaved] = useState<Pick<Product, 'id' | 'name'> | null>(null);
  return saved === null ? (
    <ProductForm product={null} onSaved={setSaved} />
  ) : (
    <StockForm product={saved} onDone={onDone} />
  );
}

function ProductRow({ product, onEdit }: { product: Product; onEdit: (() => void) | null }) {
  const { t } = useTranslation('catalogue');
  const language = useLanguage();
  const save = useSaveProduct();
  const stocking = useModalContent<true>();
  const { role } = useUser();
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
      {role !== 'OPERATOR' && (
        <div className={list.actions}>
          <HistoryButton of={{ type: 'product', id }} name={name} compact />
          {onEdit !== null && (
            <>
              {!archived && (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`${t('stock.add')}: ${name}`}
                  onClick={() => stocking.show(true)}
                >
                  {t('stock.add')}
                </Button>
              )}
              <Button size="xs" variant="default" aria-label={`${t('edit')}: ${name}`} onClick={onEdit}>
                {t('edit')}
              </Button>
              <ArchiveButton
                kind="product"
                item={product}
                save={save}
                onChange={(next) => save.mutate({ id, name, dailyPrice, archived: next })}
              />
            </>
          )}
        </div>
      )}
      <Modal {...stocking.props} title={t('stock.title')}>
        {stocking.content !== null && <StockForm product={product} onDone={stocking.close} />}
      </Modal>
    </li>
  );
}
