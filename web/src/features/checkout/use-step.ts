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
 * ask for a later one. A checkout that was handed in is `bound` to one step:
 * the payment while it is not paid or its outcome is unknown, then the result,
 * which takes the payment's entry. Back from either leads to the list and its
 * rental (null while there is none), not into what was handed in.
 */
export function useStep(
  reachable: Exclude<Step, 'done'>,
  bound: { step: 'pay' | 'done'; rentalId: string | null } | null,
): { step: Step; goTo: (step: Step) => void } {
  const router = useRouter();
  const asked = useSearch({ from: '/signed-in/rentals/new', select: (search): Step => search.step ?? 'partner' });
  const { step: boundTo = null, rentalId = null } = bound ?? {};
  const step = boundTo ?? steps[Math.min(steps.indexOf(asked), steps.indexOf(reachable))] ?? 'partner';

  const fresh = useRef(true);
  const seen = useRef<Step | null>(null);
  useEffect(() => {
    const first = fresh.current;
    fresh.current = false;
    if (boundTo !== null && asked === boundTo) seen.current = boundTo;
    else if (boundTo !== null && seen.current === boundTo)
      void router.navigate({ to: '/rentals', search: rentalId === null ? {} : { rental: rentalId }, replace: true });
    else if (boundTo !== null) void router.navigate({ to: '/rentals/new', search: { step: boundTo }, replace: true });
    else if (asked === step) return;
    // Opened in a later step, with nothing filled in: the entries of the steps before it are not there.
    else if (first) void router.navigate({ to: '/rentals/new', search: {}, replace: true });
    else router.history.go(steps.indexOf(step) - steps.indexOf(asked));
  }, [router, asked, step, boundTo, rentalId]);

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

/**
 * The ref of the step's heading. When a step is shown its field with `data-step-focus` gets the focus, or the heading
 * when there is none, or when a field would bring up the keyboard of a touch screen over the step.
 */
export function useStepHeading(step: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (shown.current === step) return;
    const first = shown.current === null;
    shown.current = step;
    const touch = matchMedia('(pointer: coarse)').matches;
    const field = heading.current?.closest('form')?.querySelector<HTMLElement>('[data-step-focus]');
    // Whoever opens the checkout is going to type the name.
    if (field && (first || !touch)) field.focus();
    else heading.current?.focus();
  }, [step]);
  return heading;
}
