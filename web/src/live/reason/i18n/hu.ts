export const hu = {
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
};
