import { IconTools } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { productListQueryOptions, useSaveProduct } from '../../api/products';
import { HistoryButton } from '../../domain/audit/history-button';
import { ArchiveButton } from '../../domain/catalogue/archive';
import { CatalogueList, useCatalogueFilter } from '../../domain/catalogue/catalogue-list';
import { ExportButton } from '../../domain/exports/export-button';
import { formatMoney } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import type { Product } from '../../shared/model';
import { useUser } from '../../shared/session';
import { Button } from '../../shared/ui/controls/button';
import list from '../../shared/ui/list-page.module.css';
import { CatalogueTabs } from './catalogue-tabs';
import classes from './catalogue.module.css';
import { ProductForm } from './product-form';

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
        form={(product, onSaved) => <ProductForm product={product} onSaved={onSaved} />}
      />
    </div>
  );
}

function ProductRow({ product, onEdit }: { product: Product; onEdit: (() => void) | null }) {
  const { t } = useTranslation('catalogue');
  const language = useLanguage();
  const save = useSaveProduct();
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
    </li>
  );
}
