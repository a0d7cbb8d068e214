import { Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconBellCog, IconDeviceDesktop, IconLogout, IconMoon, IconStethoscope, IconSun } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, type Language, useLanguage } from '../../shared/i18n/i18n';
import { session, useUser } from '../../shared/session';
import { navItems } from './navigation';
import classes from './user-menu.module.css';

const languages: readonly { value: Language; label: string }[] = [
  { value: 'hu', label: 'Magyar' },
  { value: 'en', label: 'English' },
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
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const small = useMediaQuery(phone);
  const initials = user.name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
  return (
    <Menu
      withInitialFocusPlaceholder={false}
      position="bottom-end"
      hideDetached={false}
      width={250}
      shadow="md"
      transitionProps={{ duration: 100 }}
      classNames={{ dropdown: classes.dropdown, item: classes.item, label: classes.label }}
    >
      <Menu.Target>
        {/* Named by what is seen, so that it can be said to the computer. */}
        <UnstyledButton className={classes.user}>
          <span className="visually-hidden">{t('menu.open')}</span>
          <span className={classes.avatar} data-initials={initials} aria-hidden />
          <span className={classes.who}>
            <b>{user.name}</b>
            <small>{t(`role.${user.role}`)}</small>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.card}>
          <b>{user.name}</b>
          <small>
            {t(`role.${user.role}`)} · {user.tenantName}
          </small>
          <small>{user.email}</small>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconBellCog size={17} stroke={1.7} aria-hidden />} onClick={onMute}>
          {t('mute.menu')}
        </Menu.Item>
        <Menu.Label>{t('menu.language')}</Menu.Label>
        <Menu.RadioGroup value={language} onChange={(value) => void chooseLanguage(value === 'en' ? 'en' : 'hu')}>
          {languages.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value} lang={value} closeMenuOnClick>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Label>{t('menu.theme')}</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(schemes.find((each) => each.value === value)?.value ?? 'auto')}
        >
          {schemes.map(({ value, icon: Icon }) => (
            <Menu.RadioItem
              key={value}
              value={value}
              closeMenuOnClick
              rightSection={<Icon size={17} stroke={1.7} aria-hidden />}
            >
              {t(`menu.${value}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item
          component={Link}
          to="/check"
          data-testid="self-check-link"
          leftSection={<IconStethoscope size={17} stroke={1.7} aria-hidden />}
        >
          {t('nav.selfCheck')}
        </Menu.Item>
        {small && (
          <>
            {navItems
              .filter(({ aside, roles }) => aside && roles.includes(user.role))
              .map(({ to, name, icon: Icon }) => (
                <Menu.Item key={to} component={Link} to={to} leftSection={<Icon size={17} stroke={1.7} aria-hidden />}>
                  {t(`nav.${name}`)}
                </Menu.Item>
              ))}
            <Menu.Item
              data-testid="logout"
              leftSection={<IconLogout size={17} stroke={1.7} aria-hidden />}
              onClick={() => session.signOut()}
            >
              {t('menu.logout')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** At the foot of the navigation; on a phone it is in the user menu instead. */
export function LogoutButton() {
  const { t } = useTranslation();
  const small = useMediaQuery(phone);
  if (small) return null;
  return (
    <UnstyledButton className={classes.logout} data-testid="logout" onClick={() => session.signOut()}>
      <IconLogout size={20} stroke={1.7} aria-hidden />
      <span>{t('menu.logout')}</span>
    </UnstyledButton>
  );
}
