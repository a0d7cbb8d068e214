import { Link } from '@tanstack/react-router';
import { IconBell, IconBuildingWarehouse, IconCreditCard, IconLayoutDashboard, IconPackageExport } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { isManager, type Role } from '../../shared/model';
import classes from './navigation.module.css';

const places = [
  { to: '/', name: 'dashboard', icon: IconLayoutDashboard, managers: false },
  { to: '/stock', name: 'stock', icon: IconBuildingWarehouse, managers: false },
  { to: '/rentals', name: 'rentals', icon: IconPackageExport, managers: false },
  { to: '/payments', name: 'payments', icon: IconCreditCard, managers: true },
  { to: '/notifications', name: 'notifications', icon: IconBell, managers: false },
] as const;

/** The pages that the role may use. */
export function Navigation({ role }: { role: Role }) {
  const { t } = useTranslation();
  return (
    <nav className={classes.nav} aria-label={t('nav.label')}>
      <ul>
        {places
          .filter((place) => !place.managers || isManager(role))
          .map(({ to, name, icon: Icon }) => (
            <li key={to}>
              <Link to={to} className={classes.link} activeOptions={{ exact: to === '/', includeSearch: false }}>
                <Icon size={20} stroke={1.7} aria-hidden />
                <span>{t(`nav.${name}`)}</span>
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}
