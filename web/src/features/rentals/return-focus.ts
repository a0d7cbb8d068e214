/**
 * Where the focus goes when a window closes that the element has opened: to the element, to its row when it is gone,
 * to the list or window round it when the row is gone too.
 */
export function returnFocus(opener: Element | null): () => HTMLElement | null {
  const places = [opener, opener?.closest('li'), opener?.closest('section')];
  return () => {
    const place = places.find((each) => each instanceof HTMLElement && each.isConnected);
    if (!(place instanceof HTMLElement)) return null;
    if (place !== opener && !place.hasAttribute('tabindex')) place.tabIndex = -1;
    return place;
  };
}
