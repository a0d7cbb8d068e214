import { normalizeSearch } from '../../shared/normalize-search';

/** An id that tells who or what is meant and that nobody has yet: `alfa-epito-kft-3f9c1a`. */
export function newId(name: string): string {
  const words = normalizeSearch(name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  const own = crypto.randomUUID().slice(0, 6);
  return words === '' ? own : `${words}-${own}`;
}
