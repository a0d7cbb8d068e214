import { useRouter, useSearch } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef } from 'react';

export const steps = ['partner', 'items', 'pay', 'done'] as const;
export type Step = (typeof steps)[number];

/**
 * The checkout's step, kept in the address, so that the browser's Back and
 * Forward go through the steps. Going on adds an entry and going back takes
 * entries away, so that the entries always stand in the order of the steps.
 *
 * `reachable` is the last step what is filled in allows; the address cannot
 * ask for a later one. With a rental the checkout is done: its result takes
 * the payment step's entry, and Back from it leads to that rental in the list,
 * not into the finished checkout.
 */
export function useStep(
  reachable: Exclude<Step, 'done'>,
  rentalId: string | null,
): { step: Step; goTo: (step: Step) => void } {
  const router = useRouter();
  const asked = useSearch({ from: '/signed-in/rentals/new', select: (search): Step => search.step ?? 'partner' });
  const step =
    rentalId !== null ? 'done' : (steps[Math.min(steps.indexOf(asked), steps.indexOf(reachable))] ?? 'partner');

  const fresh = useRef(true);
  const resultSeen = useRef(false);
  useEffect(() => {
    const first = fresh.current;
    fresh.current = false;
    if (rentalId !== null && asked === 'done') resultSeen.current = true;
    else if (rentalId !== null && resultSeen.current)
      void router.navigate({ to: '/rentals', search: { rental: rentalId }, replace: true });
    else if (rentalId !== null) void router.navigate({ to: '/rentals/new', search: { step: 'done' }, replace: true });
    else if (asked === step) return;
    // Opened in a later step, with nothing filled in: the entries of the steps before it are not there.
    else if (first) void router.navigate({ to: '/rentals/new', search: {}, replace: true });
    else router.history.go(steps.indexOf(step) - steps.indexOf(asked));
  }, [router, asked, step, rentalId]);

  const goTo = (to: Step) => {
    const { pathname, search } = router.latestLocation;
    // An answer that comes after the page was left moves nothing.
    if (pathname !== '/rentals/new') return;
    const by = steps.indexOf(to) - steps.indexOf((search as { step?: Step }).step ?? 'partner');
    if (by < 0) router.history.go(by);
    else if (by > 0) void router.navigate({ to: '/rentals/new', search: to === 'partner' ? {} : { step: to } });
  };
  return { step, goTo };
}

/** The ref of the step's heading, which is focused when the step changes; with `atOnce` the first one too. */
export function useStepHeading(step: Step, atOnce: boolean): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(atOnce ? null : step);
  useEffect(() => {
    if (shown.current === step) return;
    shown.current = step;
    heading.current?.focus();
  }, [step]);
  return heading;
}
