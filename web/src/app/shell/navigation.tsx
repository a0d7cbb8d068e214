import { Link, useLocation } from '@tanstack/react-router';
import {
  IconBell,
  IconBuildingWarehouse,
  IconCreditCard,
  IconLayoutDashboard,
  IconPackageExport,
  IconSettings,
  IconTools,
  IconUsersGroup,
} from '@tabler/icons-react';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Role } from '../../shared/model';
import classes from './navigation.module.css';

const everyone: readonly Role[] = ['OPERATOR', 'STORE_MANAGER', 'ADMIN'];
const managers: readonly Role[] = ['STORE_MANAGER', 'ADMIN'];
const admins: readonly Role[] = ['ADMIN'];

/** `aside`: on a phone it is in the user menu, because the bar below has room for five. */
export const navItems = [
  { to: '/', name: 'dashboard', icon: IconLayoutDashboard, roles: everyone, aside: false },
  { to: '/stock', name: 'stock', icon: IconBuildingWarehouse, roles: everyone, aside: false },
  { to: '/rentals', name: 'rentals', icon: IconPackageExport, roles: everyone, aside: false },
  { to: '/payments', name: 'payments', icon: IconCreditCard, roles: managers, aside: false },
  { to: '/notifications', name: 'notifications', icon: IconBell, roles: everyone, aside: false },
  { to: '/partners', name: 'partners', icon: IconUsersGroup, roles: everyone, aside: true },
  { to: '/products', name: 'catalogue', icon: IconTools, roles: everyone, aside: true },
  { to: '/users', name: 'settings', icon: IconSettings, roles: admins, aside: true },
] as const;

/** Further pages of an item, at addresses that do not begin with its own. */
const further: Partial<Record<(typeof navItems)[number]['name'], readonly string[]>> = {
  catalogue: ['/locations'],
  settings: ['/api-keys', '/displays', '/connections', '/audit'],
};

/** The pages that the role may use. */
export function Navigation({ role }: { role: Role }) {
  const { t } = useTranslation();
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <nav className={classes.nav} aria-label={t('nav.label')}>
      <ul>
        {navItems
          .filter((item) => item.roles.includes(role))
          .map(({ to, name, icon: Icon, aside }) => (
            <li key={to} data-aside={aside || undefined}>
              <Link
                to={to}
                className={classes.link}
                data-here={further[name]?.includes(path) === true || undefined}
                activeOptions={{ exact: to === '/', includeSearch: false }}
              >
                <Icon size={20} stroke={1.7} aria-hidden />
                <span>{t(`nav.${name}`)}</span>
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}
