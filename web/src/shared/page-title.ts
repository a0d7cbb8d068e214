import { useEffect } from 'react';

// The browser tab's title: the page's name, and before it what waits to be
// read, so that it is seen while another tab is in front.

let name = '';
let unread = 0;

function show(): void {
  document.title = `${unread === 0 ? '' : `(${unread > 99 ? '99+' : unread}) `}${name}`;
}

export function usePageTitle(title: string): void {
  useEffect(() => {
    name = title;
    show();
  }, [title]);
}

/** Counts in the title while the component is there. */
export function useTitleCount(count: number): void {
  useEffect(() => {
    unread = count;
    show();
    return () => {
      unread = 0;
      show();
    };
  }, [count]);
}
