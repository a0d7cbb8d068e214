import type { Messages } from '../../../shared/i18n/i18n';
import type { hu } from './hu';

export const en: Messages<typeof hu> = {
  save: 'Download CSV',
  saveOf: '{{list}} CSV',
  saved: 'Downloaded: {{name}}',
};
