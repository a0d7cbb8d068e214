import { useState } from 'react';
import { newId } from './new-id';

/**
 * The id under which an item is saved, given its name: its own, or one for all attempts, so that pressing the button
 * again after a lost answer makes no second item.
 */
export function useItemId(item: { id: string } | null): (name: string) => string {
  const [id, setId] = useState(item?.id ?? null);
  return (name) => {
    const known = id ?? newId(name);
    setId(known);
    return known;
  };
}
