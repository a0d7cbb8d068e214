import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useDebounced } from './debounce';

/** The pages whose address has the words of their search. */
type SearchedPath = '/notifications' | '/payments' | '/rentals';

export interface SearchWords {
  /** What is in the field. */
  words: string;
  setWords: (words: string) => void;
  /** What is searched for: the words, once the typing rests. */
  search: string;
}

/** The field of a page's search. The address follows it, so that a search can be reloaded and sent on. */
export function useSearchWords(path: SearchedPath): SearchWords {
  const navigate = useNavigate();
  const named = useLocation({ select: (location) => location.search.search ?? '' });
  const here = useLocation({ select: ({ pathname, state }) => (pathname === path ? state.__TSR_index : null) });
  const [words, setWords] = useState(named);
  const search = useDebounced(words.trim());
  const typing = search !== words.trim();
  useEffect(() => {
    if (typing || search === named || here === null) return;
    void navigate({
      from: path,
      replace: true,
      search: ({ search: left, ...rest }) => (search === '' ? rest : { ...rest, search }),
    });
  }, [typing, search, named, here, path, navigate]);

  // The field follows a link, Back and Forward: they change the entry of the history, typing stays in its own.
  const [entry, setEntry] = useState(here);
  if (here !== null && here !== entry) {
    setEntry(here);
    setWords(named);
  }
  return { words, setWords, search };
}
