import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useFocusRestore } from '../../shared/focus-restore';
import { useTranslation } from '../../shared/i18n/i18n';
import { useModalContent } from '../../shared/modal-content';
import { Button } from '../../shared/ui/controls/button';
import { Modal } from '../../shared/ui/controls/modal';
import { ListPage } from '../../shared/ui/list-page';
import { EmptyState } from '../../shared/ui/states';
import { AdminOnly, AdminTabs } from './admin-area';
import { type Account, usersQueryOptions } from '../../api/users';
import { Secret } from './secret';
import { PasswordForm, UserForm } from './user-form';
import { UserRow } from './user-row';

/** What stands in the window above the list. */
type Window =
  | { kind: 'new' }
  | { kind: 'password'; account: Account }
  | { kind: 'secret'; title: string; name: string; secret: string };

export function UsersPage() {
  return (
    <AdminOnly>
      <Users />
    </AdminOnly>
  );
}

/** Who may sign in, and as what. */
function Users() {
  const { t } = useTranslation('admin');
  const modal = useModalContent<Window>();
  const open = modal.content;
  const list = useInfiniteQuery(usersQueryOptions());
  const users = list.data?.pages.flatMap((page) => page.items) ?? [];
  const title =
    open === null
      ? ''
      : open.kind === 'new'
        ? t('users.new')
        : open.kind === 'password'
          ? t('users.newPasswordOf', { name: open.account.name })
          : open.title;

  return (
    <>
      <ListPage
        label={t('tabs.users')}
        query={list}
        filters={<AdminTabs />}
        action={
          <Button
            leftSection={<IconUserPlus size={18} stroke={1.8} aria-hidden />}
            onClick={() => modal.show({ kind: 'new' })}
          >
            {t('users.new')}
          </Button>
        }
        empty={
          users.length > 0 ? null : (
            <EmptyState
              icon={<IconUsers size={24} stroke={1.7} />}
              title={t('users.empty')}
              hint={t('users.emptyHint')}
            />
          )
        }
      >
        {users.map((account) => (
          <UserRow key={account.id} account={account} onPassword={() => modal.show({ kind: 'password', account })} />
        ))}
      </ListPage>
      <Modal {...modal.props} title={title}>
        <div ref={useFocusRestore()}>
          {open?.kind === 'new' && (
            <UserForm
              onMade={({ name, password }) =>
                password === undefined
                  ? modal.close()
                  : modal.show({ kind: 'secret', title: t('users.madeTitle'), name, secret: password })
              }
            />
          )}
          {open?.kind === 'password' && (
            <PasswordForm
              account={open.account}
              onChanged={(secret) =>
                modal.show({ kind: 'secret', title: t('users.changedTitle'), name: open.account.name, secret })
              }
            />
          )}
          {open?.kind === 'secret' && (
            <Secret hint={t('users.madeHint', { name: open.name })} secret={open.secret} onClose={modal.close} />
          )}
        </div>
      </Modal>
    </>
  );
}
