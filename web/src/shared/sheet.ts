import { useState } from 'react';

/** What a modal window shows. While it fades its content stays as it was; then it is forgotten. */
export function useSheet<T>() {
  const [opened, setOpened] = useState(false);
  const [content, setContent] = useState<T | null>(null);
  return {
    content,
    show: (next: T) => {
      setContent(next);
      setOpened(true);
    },
    close: () => setOpened(false),
    /** For the Modal. */
    modal: { opened, onClose: () => setOpened(false), onExitTransitionEnd: () => setContent(null) },
  };
}
