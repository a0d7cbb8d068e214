import { Link } from '@tanstack/react-router';
import '../../domain/catalogue/messages';
import { useTranslation } from '../../shared/i18n/i18n';
import { useUser } from '../../shared/session';
import { TabRow } from '../../shared/ui/tab-row';

const tabs = [
  { to: '/products', name: 'products' },
  { to: '/locations', name: 'locations' },
  { to: '/products/import', name: 'import' },
] as const;

/** The pages of the catalogue, beside each other; only administrators import. */
export function CatalogueTabs() {
  const { t } = useTranslation('catalogue');
  const admin = useUser().role === 'ADMIN';
  return (
    <TabRow label={t('tabs.label')}>
      {tabs
        .filter(({ name }) => admin || name !== 'import')
        .map(({ to, name }) => (
          <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
            {t(`tabs.${name}`)}
          </Link>
        ))}
    </TabRow>
  );
}
