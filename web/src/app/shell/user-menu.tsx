import { IconBellCog, IconDeviceDesktop, IconLogout, IconMoon, IconStethoscope, IconSun } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, type Language, useLanguage } from '../../shared/i18n/i18n';
import { session, useUser } from '../../shared/session';
import { useColorScheme } from '../../shared/ui/controls/color-scheme';
import { useMediaQuery } from '../../shared/ui/controls/media-query';
import { Menu, MenuChoice, MenuDivider, MenuItem } from '../../shared/ui/controls/menu';
import { PlainButton } from '../../shared/ui/controls/plain-button';
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

const phone = '(max-width: 767px)';

/** Who is signed in, the language and the colours. */
export function UserMenu({ onMute }: { onMute: () => void }) {
  const { t } = useTranslation();
  const user = useUser();
  const language = useLanguage();
  const [colorScheme, setColorScheme] = useColorScheme();
  const small = useMediaQuery(phone);
  const initials = user.name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
  return (
    <Menu
      target={
        // Named by what is seen, so that it can be said to the computer.
        <PlainButton className={classes.user}>
          <span className="visually-hidden">{t('menu.open')}</span>
          <span className={classes.avatar} data-initials={initials} aria-hidden />
          <span className={classes.who}>
            <b>{user.name}</b>
            <small>{t(`role.${user.role}`)}</small>
          </span>
        </PlainButton>
      }
    >
      <div className={classes.card}>
        <b>{user.name}</b>
        <small>
          {t(`role.${user.role}`)} · {user.tenantName}
        </small>
        <small>{user.email}</small>
      </div>
      <MenuDivider />
      <MenuItem icon={<IconBellCog size={17} stroke={1.7} aria-hidden />} onClick={onMute}>
        {t('mute.menu')}
      </MenuItem>
      <MenuChoice
        label={t('menu.language')}
        value={language}
        options={languages}
        onChange={(value) => void chooseLanguage(value)}
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
      <MenuItem
        render={<Link to="/check" />}
        data-testid="self-check-link"
        icon={<IconStethoscope size={17} stroke={1.7} aria-hidden />}
      >
        {t('nav.selfCheck')}
      </MenuItem>
      {small && (
        <>
          {navItems
            .filter(({ aside, roles }) => aside && roles.includes(user.role))
            .map(({ to, name, icon: Icon }) => (
              <MenuItem key={to} render={<Link to={to} />} icon={<Icon size={17} stroke={1.7} aria-hidden />}>
                {t(`nav.${name}`)}
              </MenuItem>
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

/** At the foot of the navigation; on a phone it is in the user menu instead. */
export function LogoutButton() {
  const { t } = useTranslation();
  const small = useMediaQuery(phone);
  if (small) return null;
  return (
    <PlainButton className={classes.logout} data-testid="logout" onClick={() => session.signOut()}>
      <IconLogout size={20} stroke={1.7} aria-hidden />
      <span>{t('menu.logout')}</span>
    </PlainButton>
  );
}
