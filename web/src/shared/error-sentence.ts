import { ApiError } from './http';
import { language, messageOf, type Translate } from './i18n/i18n';

/** What went wrong, in the page's language. */
export function errorSentence(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return t('error.other', { code: 'PAGE' });
  return messageOf('page', `error.${error.code}`) ?? t('error.other', { code: error.code });
}

/**
 * What is wrong with a field of the request, or undefined. The server's detail
 * is English and for developers, so the Hungarian page has its own sentence.
 */
export function fieldSentence(error: unknown, field: string, t: Translate): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const detail = error.field(field);
  if (detail === undefined) return undefined;
  return language() === 'hu' ? t('error.field') : detail;
}
