import {
  IconBellCog,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconStethoscope,
  IconSun,
  IconUserCircle,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useChangeOwnAccount } from '../../api/account';
import { chooseLanguage, type Language, useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { session, useUser } from '../../shared/session';
import { setColorScheme, useColorScheme } from '../../shared/theme/color-scheme';
import { Menu, MenuChoice, MenuDivider, MenuItem, MenuLink } from '../../shared/ui/controls/menu';
import { navItems } from './navigation';
import classes from './user-menu.module.css';

const languages: readonly { value: Language; label: string; lang: string }[] = [
  { value: 'hu', label: 'Magyar', lang: 'hu' },
  { value: 'en', label: 'English', lang: 'en' },
];
const schemes = [
  { value: 'light', icon: IconSun },
  { value: 'dark', icon: IconMoon },
  { value: 'auto', icon: IconDeviceDesktop },
] as const;

interface UserMenuPopupProps {
  opened: boolean;
  onOpenedChange: (opened: boolean) => void;
  anchor: HTMLElement;
  /** Whether the navigation is the phone's, which has no room for everything. */
  small: boolean;
  onMute: () => void;
}

/** What the user menu shows when it is open. */
export function UserMenuPopup({ small, onMute, ...menu }: UserMenuPopupProps) {
  const { t } = useTranslation();
  const user = useUser();
  const language = useLanguage();
  const colorScheme = useColorScheme();
  const change = useChangeOwnAccount();
  return (
    <Menu {...menu}>
      <div className={classes.card}>
        <b>{user.name}</b>
        <small>
          {t(`role.${user.role}`)} · {user.tenantName}
        </small>
        <small>{user.email}</small>
      </div>
      <MenuDivider />
      <MenuLink
        link={<Link to="/account" />}
        data-testid="account-link"
        icon={<IconUserCircle size={17} stroke={1.7} aria-hidden />}
      >
        {t('nav.account')}
      </MenuLink>
      <MenuItem icon={<IconBellCog size={17} stroke={1.7} aria-hidden />} onClick={onMute}>
        {t('mute.menu')}
      </MenuItem>
      <MenuChoice
        label={t('menu.language')}
        value={language}
        options={languages}
        onChange={(value) => {
          void chooseLanguage(value);
          // Elsewhere it is the language from the next sign-in on; without a server it is this browser's alone.
          change.mutate({ language: value });
        }}
      />
      <MenuChoice
        label={t('menu.theme')}
        value={colorScheme}
        options={schemes.map(({ value, icon: Icon }) => ({
          value,
          label: t(`menu.${value}`),
          icon: <Icon size={17} stroke={1.7} aria-hidden />,
        }))}
        onChange={setColorScheme}
      />
      <MenuDivider />
      <MenuLink
        link={<Link to="/check" />}
        data-testid="self-check-link"
        icon={<IconStethoscope size={17} stroke={1.7} aria-hidden />}
      >
        {t('nav.selfCheck')}
      </MenuLink>
      {small && (
        <>
          {navItems
            .filter(({ aside, roles }) => aside && roles.includes(user.role))
            .map(({ to, name, icon: Icon }) => (
              <MenuLink key={to} link={<Link to={to} />} icon={<Icon size={17} stroke={1.7} aria-hidden />}>
                {t(`nav.${name}`)}
              </MenuLink>
            ))}
          <MenuItem
            data-testid="logout"
            icon={<IconLogout size={17} stroke={1.7} aria-hidden />}
            onClick={() => void session.signOut()}
          >
            {t('menu.logout')}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
