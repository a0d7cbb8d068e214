export const hu = {
  title: 'Felugró értesítések ezen az eszközön',
  lead: 'Ami néma, az is bekerül a listákba és az értesítések közé, és a harang számolja: csak nem ugrik fel.',
  popsUp: 'felugrik',
  quiet: 'néma',
  always: 'A fizetési hibák nem telephelyhez kötődnek, ezért mindig felugranak.',
  none: 'Mind felugorhat',
  done: 'Kész',
};
