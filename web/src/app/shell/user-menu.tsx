import { IconLogout } from '@tabler/icons-react';
import { Suspense, useState } from 'react';
import { useTranslation } from '../../shared/i18n/i18n';
import { lazyAhead } from '../../shared/lazy-ahead';
import { useMediaQuery } from '../../shared/media-query';
import { session, useUser } from '../../shared/session';
import { PlainButton } from '../../shared/ui/controls/plain-button';
import classes from './user-menu.module.css';

const UserMenuPopup = lazyAhead(async () => (await import('./user-menu-popup')).UserMenuPopup);

const phone = '(max-width: 767px)';

/** Who is signed in, the language and the colours. */
export function UserMenu({ onMute }: { onMute: () => void }) {
  const { t } = useTranslation();
  const user = useUser();
  const small = useMediaQuery(phone);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [opened, setOpened] = useState(false);
  const initials = user.name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('');
  return (
    <>
      {/* Named by what is seen, so that it can be said to the computer. */}
      <PlainButton
        className={classes.user}
        aria-haspopup="menu"
        aria-expanded={opened}
        onClick={(event) => {
          setAnchor(event.currentTarget);
          setOpened(!opened);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          setAnchor(event.currentTarget);
          setOpened(true);
        }}
      >
        <span className="visually-hidden">{t('menu.open')}</span>
        <span className={classes.avatar} data-initials={initials} aria-hidden />
        <span className={classes.who}>
          <b>{user.name}</b>
          <small>{t(`role.${user.role}`)}</small>
        </span>
      </PlainButton>
      {anchor !== null && (
        <Suspense>
          <UserMenuPopup opened={opened} onOpenedChange={setOpened} anchor={anchor} small={small} onMute={onMute} />
        </Suspense>
      )}
    </>
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
