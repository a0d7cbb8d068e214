import { IconBan, IconCircleCheckFilled } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { EraseButton } from '../../domain/erasure/erase-button';
import { HistoryButton } from '../../domain/audit/history-button';
import { errorSentence } from '../../shared/error-sentence';
import { useTranslation } from '../../shared/i18n/i18n';
import type { Role } from '../../shared/model';
import { useUser } from '../../shared/session';
import { ConfirmModal } from '../../shared/ui/confirm-modal';
import { ConfirmButton } from '../../shared/ui/confirm-button';
import { Button } from '../../shared/ui/controls/button';
import { SelectField } from '../../shared/ui/controls/select-field';
import list from '../../shared/ui/list-page.module.css';
import { Pill } from '../../shared/ui/pill';
import classes from './admin.module.css';
import { type Account, useChangeUser, useEraseUser } from '../../api/users';

export const roles: readonly Role[] = ['OPERATOR', 'STORE_MANAGER', 'ADMIN'];

/** One user, with what an administrator may change; the own account keeps its role and state. */
export function UserRow({ account, onPassword }: { account: Account; onPassword: () => void }) {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const own = useUser().id === account.id;
  const change = useChangeUser(account.id);
  const navigate = useNavigate();
  const erase = useEraseUser(account.id);
  const [asked, setAsked] = useState<Role | null>(null);
  return (
    <li
      className={`${list.row} ${classes.user}`}
      data-testid="user-row"
      data-user-id={account.id}
      data-disabled={account.disabled || undefined}
    >
      <div>
        {account.disabled ? (
          <Pill tone="plain" icon={IconBan}>
            {t('users.disabled')}
          </Pill>
        ) : (
          <Pill tone="green" icon={IconCircleCheckFilled}>
            {t('users.active')}
          </Pill>
        )}
      </div>
      <div className={list.what}>
        <p className={list.title}>
          {account.name} {own && <span className={classes.me}>({t('me')})</span>}
        </p>
        <p className={list.sub}>{account.email}</p>
      </div>
      {own ? (
        <p className={classes.role} title={t('users.own')}>
          {common(`role.${account.role}`)}
        </p>
      ) : (
        <SelectField
          className={classes.role}
          aria-label={t('users.roleOf', { name: account.name })}
          value={account.role}
          disabled={change.isPending}
          options={roles.map((role) => ({ value: role, label: common(`role.${role}`) }))}
          onChange={(event) => {
            const role = roles.find((each) => each === event.currentTarget.value);
            if (role !== undefined && role !== account.role) setAsked(role);
          }}
        />
      )}
      {asked !== null && (
        <ConfirmModal
          title={t('users.roleAsk', { name: account.name })}
          confirm={t('users.roleChange')}
          onConfirm={() => change.mutate({ role: asked })}
          onClose={() => setAsked(null)}
        >
          <p>
            {t('users.roleChanges', { before: common(`role.${account.role}`), after: common(`role.${asked}`) })}{' '}
            {t(`users.roleMay.${asked}`)}
          </p>
        </ConfirmModal>
      )}
      <div className={list.actions}>
        <HistoryButton of={{ type: 'user', id: account.id }} name={account.name} compact />
        <Button
          size="xs"
          variant="default"
          aria-label={t('users.newPasswordOf', { name: account.name })}
          // One's own is not changed for somebody else: it asks for the present one, and stays.
          onClick={own ? () => void navigate({ to: '/account' }) : onPassword}
        >
          {t('users.newPassword')}
        </Button>
        {!own &&
          (account.disabled ? (
            <Button
              size="xs"
              variant="light"
              loading={change.isPending}
              onClick={() => change.mutate({ disabled: false })}
            >
              {t('users.enable')}
            </Button>
          ) : (
            <ConfirmButton
              label={t('users.disable')}
              question={t('users.disableAsk', { name: account.name })}
              confirm={t('users.disable')}
              danger
              busy={change.isPending}
              onConfirm={() => change.mutate({ disabled: true })}
            />
          ))}
        {!own && <EraseButton kind="user" name={account.name} erase={erase} />}
        {change.isSuccess && change.variables.role === account.role && (
          <p className={classes.done} role="status">
            {t('users.roleChanged', { role: common(`role.${account.role}`) })}
          </p>
        )}
        {change.error !== null && (
          <p className={classes.problem} role="alert">
            {errorSentence(change.error, common)}
          </p>
        )}
      </div>
    </li>
  );
}
