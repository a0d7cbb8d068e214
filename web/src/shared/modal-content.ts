import { useState } from 'react';

/** The content of a modal window. It is kept during the closing transition and cleared afterwards. */
export function useModalContent<T>() {
  const [opened, setOpened] = useState(false);
  const [content, setContent] = useState<T | null>(null);
  return {
    content,
    show: (next: T) => {
      setContent(next);
      setOpened(true);
    },
    close: () => setOpened(false),
    /** Props of the Modal. */
    props: { opened, onClose: () => setOpened(false), onClosed: () => setContent(null) },
  };
}
