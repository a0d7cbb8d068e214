export const hu = {
  chip: {
    connected: 'Csatlakozva',
    reconnecting: 'Újracsatlakozás',
    disconnected: 'Offline',
    took: '{{ms}} ms',
    in: '{{seconds}} mp múlva',
    now: 'Újra most',
    title: { connected: 'WebSocket: Csatlakozva', reconnecting: 'Újracsatlakozás...', disconnected: 'Offline' },
  },
  reason: {
    TENANT_CONNECTION_LIMIT:
      'Minden hely foglalt: egyszerre {{limit}} képernyő lehet nyitva. Zárjon be egyet, és ez magától csatlakozik.',
    TENANT_CONNECTION_LIMIT_UNKNOWN: 'Minden hely foglalt. Zárjon be egy másik képernyőt, és ez magától csatlakozik.',
    USER_CONNECTION_LIMIT:
      'Ezzel a felhasználóval egyszerre {{limit}} képernyő lehet nyitva. Zárjon be egyet, és ez magától csatlakozik.',
    USER_CONNECTION_LIMIT_UNKNOWN:
      'Ezzel a felhasználóval túl sok képernyő van nyitva. Zárjon be egyet, és ez magától csatlakozik.',
    CLOSED_BY_ADMIN: 'Az adminisztrátor bontotta ezt a kapcsolatot. Az „Újra most” gombbal visszatérhet.',
    ORIGIN_REFUSED: 'A szerver erről a címről nem enged csatlakozni: {{origin}}. Szóljon a rendszergazdának.',
    FORBIDDEN: 'Az élő eseményekhez nincs jogosultsága. Szóljon az adminisztrátornak.',
    UNAUTHENTICATED: 'A szerver nem fogadta el a belépését. Lépjen ki, majd be újra.',
    TOKEN_EXPIRED: 'A belépése lejárt. Lépjen ki, majd be újra.',
    OFFLINE: 'Nincs internetkapcsolat. Ami közben történik, azt a szerver megőrzi és pótolja.',
    USER_DISABLED: 'Ezt a felhasználót letiltották.',
    LOGGED_OUT: 'Ezt a munkamenetet máshol lezárták.',
  },
  testAlert: {
    took: 'Próba riasztás: {{ms}} ms alatt ért ide',
    here: 'Próba riasztás: ideért',
    detail: 'Így szólnak a riasztások ezen a képernyőn',
  },
  bell: { open: 'Értesítések', unread: 'Értesítések, {{n}} olvasatlan', more: '{{n}}+' },
  panel: { title: 'Értesítések', close: 'Bezárás', all: 'Mind megnyitása' },
  toasts: { label: 'Új események', close: 'Bezárás', more: '{{n}} további' },
  digest: {
    title_one: 'Amíg távol volt: {{count}} esemény',
    title_other: 'Amíg távol volt: {{count}} esemény',
    made: '{{count}} esemény pótolva ({{from}}–{{to}})',
    madeAt_one: '{{count}} esemény pótolva ({{from}})',
    madeAt_other: '{{count}} esemény pótolva ({{from}})',
    rest: 'és még {{n}}',
    open: 'Megnézem',
    close: 'Bezárás',
  },
  gap: {
    title: 'Hézag: a lista újratöltve',
    missed_one: '{{count}} esemény nem fért a pótlásba; az értesítések között mind megvan.',
    missed_other: '{{count}} esemény nem fért a pótlásba; az értesítések között mind megvan.',
    unknown: 'Ami közben történt, az értesítések között megvan.',
    close: 'Bezárás',
  },
};
