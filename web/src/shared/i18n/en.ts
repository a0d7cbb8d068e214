import type { Messages } from './hu';

export const en: Messages = {
  app: { name: 'Harang' },
};
