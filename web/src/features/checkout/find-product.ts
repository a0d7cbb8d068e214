import type { QueryClient } from '@tanstack/react-query';
import { namedProductsQueryOptions, productOfCodeQueryOptions } from '../../api/products';
import { namedStockQueryOptions, stockOfCodeQueryOptions } from '../../api/stock';
import type { Adding } from '../../domain/rentals/cart';
import { ApiError } from '../../shared/http';
import type { Product } from '../../shared/model';
import { matchesSearch, normalizeSearch } from '../../shared/normalize-search';

/** A product and its free pieces at the location. */
export interface Candidate extends Adding {
  free: number;
}

/** The products that are meant, the likeliest first, or why none can be rented here. */
export type Finding =
  { candidates: Candidate[] } | { why: 'unknown' } | { why: 'archived' | 'notHere'; product: string };

/**
 * What is meant by a text: the product with exactly this barcode or id. What was typed, not scanned, may also name
 * products; a number is never part of a name, only a whole word of it, so 1001 does not find 11001.
 */
export async function findProduct(
  client: QueryClient,
  text: string,
  locationId: string,
  typed: boolean,
): Promise<Finding> {
  const product = await productOfCode(client, text);
  if (product !== null) {
    if (product.archived) return { why: 'archived', product: product.name };
    const { items } = await client.query({ ...stockOfCodeQueryOptions(text, locationId), staleTime: 0 });
    const [item] = items;
    if (item === undefined) return { why: 'notHere', product: product.name };
    const { id: productId, name: productName, dailyPrice } = product;
    return { candidates: [{ productId, productName, dailyPrice, free: item.quantity }] };
  }
  if (!typed || !/\p{L}/u.test(text)) return { why: 'unknown' };
  const [stock, products] = await Promise.all([
    client.query(namedStockQueryOptions(text, locationId)),
    client.query(namedProductsQueryOptions(text)),
  ]);
  const candidates = stock.items
    .filter(({ productName }) => isNamed(productName, text))
    .map(({ productId, productName, quantity }) => ({
      productId,
      productName,
      dailyPrice: products.items.find(({ id }) => id === productId)?.dailyPrice ?? null,
      free: quantity,
    }));
  return candidates.length === 0 ? { why: 'unknown' } : { candidates };
}

async function productOfCode(client: QueryClient, code: string): Promise<Product | null> {
  try {
    return await client.query(productOfCodeQueryOptions(code));
  } catch (error) {
    // A text that cannot be a code is nobody's.
    if (error instanceof ApiError && error.code === 'INVALID_REQUEST') return null;
    throw error;
  }
}

/** Whether each word of the text is in the name: a word with a digit as a whole word, another one as a part. */
function isNamed(name: string, text: string): boolean {
  const wordsOf = (each: string) => normalizeSearch(each).split(/[\s,;:()]+/);
  const words = wordsOf(name);
  return wordsOf(text).every((word) => (/\p{N}/u.test(word) ? words.includes(word) : matchesSearch(name, word)));
}
