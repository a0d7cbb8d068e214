import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { locationsQueryOptions } from '../../api/locations';
import { priceQueryOptions } from '../../api/products';
import { freeQueryOptions } from '../../api/stock';
import { type Adding, addPiece, checkItems, type Draft, type ItemProblems, perDay } from '../../domain/rentals/cart';
import { rentalDays, returnInstant } from '../../domain/rentals/return-instant';
import { serverTime, useNow } from '../../shared/clock';
import { addDays, toDateField } from '../../shared/format';
import { locationFilter } from '../../shared/location-filter';
import type { Named } from '../../shared/model';
import { readCheckoutDraft } from './checkout-draft';
import { rememberedLocation } from './remembered-location';

export interface DraftState {
  draft: Draft;
  /** The draft as it was filled in: without a location until one is chosen, without prices that were asked for. */
  stored: Draft;
  change: (part: Partial<Draft>) => void;
  choosePartner: (partner: Draft['partner']) => void;
  /** Puts one piece more into the basket. */
  addProduct: (product: Adding) => void;
  /** Asks for the prices of the basket anew. */
  forgetPrices: () => void;
  /** A checkout saved in this tab was restored. */
  restored: boolean;
  locations: readonly Named[];
  locationsQuery: { error: Error | null; isLoading: boolean; isFetching: boolean; refetch: () => unknown };
  /** Free pieces of a product at the chosen location; undefined while unknown. */
  available: (productId: string) => number | undefined;
  /** When the rental starts, by the server's clock. */
  startsAt: Date;
  /** When the rental is due (ISO 8601), or null without a valid day. */
  dueAt: string | null;
  /** The price for the whole time, whole forints; null while a price or the due day is unknown. */
  price: number | null;
  /** What is wrong with the items; null when nothing is. */
  problems: ItemProblems | null;
}

/** What is filled in, with what the server knows of it. `onChange` is called before each change. */
export function useDraft(onChange: () => void): DraftState {
  const now = useNow();
  const [startsAt, setStartsAt] = useState(() => serverTime());
  const [restored] = useState(() => readCheckoutDraft(startsAt));
  const [stored, setStored] = useState<Draft>(() => ({
    partner: null,
    locationId: '',
    lines: [],
    ...restored,
    due: restored?.due ?? toDateField(addDays(startsAt, 1)),
  }));
  const locationsQuery = useQuery(locationsQueryOptions());
  const locations = locationsQuery.data?.items ?? [];
  const locationId = chosenLocation(stored.locationId, locations);
  // Prices come with the search that found the product, but are not saved with a draft.
  const prices = useQueries({
    queries: stored.lines.map((line) => ({ ...priceQueryOptions(line.productId), enabled: line.dailyPrice === null })),
  });
  const free = useQueries({
    queries: stored.lines.map((line) => ({
      ...freeQueryOptions(line.productId, locationId),
      enabled: locationId !== '',
    })),
  });
  const available = (productId: string) => free[stored.lines.findIndex((line) => line.productId === productId)]?.data;

  const draft: Draft = {
    ...stored,
    locationId,
    lines: stored.lines.map((line, index) => ({ ...line, dailyPrice: line.dailyPrice ?? prices[index]?.data ?? null })),
  };
  const { openingHours = null } = locations.find((each) => each.id === locationId) ?? {};
  const dueAt = returnInstant(draft.due, startsAt, openingHours);
  const daily = perDay(draft.lines);
  const change = (part: Partial<Draft>) => {
    onChange();
    setStored((before) => ({ ...before, ...part }));
  };

  return {
    draft,
    stored,
    change,
    choosePartner: (partner) => {
      if (stored.partner !== null || stored.lines.length > 0) {
        change({ partner });
        return;
      }
      // The page may have been open since yesterday: the rental starts when somebody works on it.
      const start = serverTime();
      setStartsAt(start);
      change({ partner, due: toDateField(addDays(start, 1)) });
    },
    addProduct: (product) => {
      onChange();
      setStored((before) => ({ ...before, lines: addPiece(before.lines, product) }));
    },
    forgetPrices: () =>
      setStored((before) => ({ ...before, lines: before.lines.map((line) => ({ ...line, dailyPrice: null })) })),
    restored: restored !== null,
    locations,
    locationsQuery,
    available,
    startsAt,
    dueAt,
    price: daily === null || dueAt === null ? null : daily * rentalDays(startsAt, dueAt),
    problems: checkItems(draft, available, now),
  };
}

/** The draft's location, else the page's filter, else the one last used here, else the only one; "" when it is asked. */
function chosenLocation(wanted: string, locations: readonly Named[]): string {
  const known = [wanted, locationFilter(), rememberedLocation()].find((id) => locations.some((each) => each.id === id));
  return known ?? (locations.length === 1 ? locations[0]?.id : undefined) ?? '';
}
