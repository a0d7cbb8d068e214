import type { TFunction } from 'i18next';
import { ApiError } from './http';
import { i18n } from './i18n/i18n';

/** What went wrong, in the page's language. */
export function errorSentence(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return t('error.other', { code: 'PAGE' });
  const key = `error.${error.code}`;
  return i18n.exists(key) ? t(key as 'error.title') : t('error.other', { code: error.code });
}
