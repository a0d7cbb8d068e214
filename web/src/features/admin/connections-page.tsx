import { IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNow } from '../../shared/clock';
import { formatAgo } from '../../shared/format';
import { useLanguage, useTranslation } from '../../shared/i18n/i18n';
import { ListPage } from '../../shared/ui/list-page';
import list from '../../shared/ui/list-page.module.css';
import { Pill } from '../../shared/ui/pill';
import { EmptyState } from '../../shared/ui/states';
import { AdminOnly, AdminTabs } from './admin-area';
import classes from './admin.module.css';
import { connectionsQueryOptions } from '../../api/connections';

export function ConnectionsPage() {
  return (
    <AdminOnly>
      <Connections />
    </AdminOnly>
  );
}

/** Who is connected now, the newest first. */
function Connections() {
  const { t } = useTranslation('admin');
  const { t: common } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const listed = useQuery(connectionsQueryOptions());
  const connections = [...(listed.data?.items ?? [])].sort((a, b) => b.connectedAt.localeCompare(a.connectedAt));
  return (
    <ListPage
      label={t('tabs.connections')}
      query={listed}
      filters={
        <>
          <AdminTabs />
          <span className={classes.count} data-unknown={listed.data === undefined || undefined}>
            {t('connections.count', { n: connections.length })}
          </span>
        </>
      }
      empty={
        connections.length > 0 ? null : (
          <EmptyState
            icon={<IconPlugConnected size={24} stroke={1.7} />}
            title={t('connections.empty')}
            hint={t('connections.emptyHint')}
          />
        )
      }
    >
      {connections.map((connection) => (
        <li key={connection.id} className={`${list.row} ${classes.connection}`} data-testid="connection-row">
          <div>
            <Pill tone={connection.transport === 'websocket' ? 'green' : 'amber'} icon={IconPlugConnected}>
              {t(`connections.${connection.transport}`)}
            </Pill>
          </div>
          <div className={list.what}>
            <p className={list.title}>{connection.user.name}</p>
            <p className={list.sub}>{common(`role.${connection.role}`)}</p>
          </div>
          <div className={list.when}>
            <span>{connection.remote}</span>
            <small>{t('connections.since', { ago: formatAgo(connection.connectedAt, language, now) })}</small>
          </div>
        </li>
      ))}
    </ListPage>
  );
}
