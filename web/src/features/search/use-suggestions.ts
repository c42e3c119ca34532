import { useState, type FocusEvent, type KeyboardEvent } from 'react';

import { useEarlier, useSources } from './api';
import { complete, type Suggestion } from './completion';

/** What could be typed next, and which of it is marked. The list opens by typing, never by itself. */
export function useSuggestions(query: string) {
  const [isWanted, setWanted] = useState(false);
  const [caret, setCaret] = useState(query.length);
  const [active, setActive] = useState(-1);
  const { sources } = useSources();
  const begun = query.trim();
  const earlier = useEarlier(begun, isWanted && begun !== '') ?? [];

  const known = { sources: sources.filter((source) => source.availability === 'ready').map((source) => source.id), year: new Date().getFullYear() };
  const questions = earlier.filter((text) => text !== begun).map((text): Suggestion => ({ kind: 'question', text }));
  const suggestions = isWanted ? [...complete(query, caret, known), ...questions] : [];
  const isOpen = suggestions.length > 0;

  const close = () => {
    setWanted(false);
    setActive(-1);
  };
  const pressed = (event: KeyboardEvent<HTMLInputElement>, choose: (suggestion: Suggestion) => void) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const marked = suggestions[active];
    if (event.key === 'Escape') {
      close();
    } else if (step !== undefined && isOpen) {
      event.preventDefault();
      // Over the end comes the box itself: nothing is marked.
      const places = suggestions.length + 1;
      setActive(((active + 1 + step + places) % places) - 1);
    } else if (event.key === 'ArrowDown') {
      setWanted(true);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && isOpen && marked) {
      event.preventDefault();
      choose(marked);
      setActive(-1);
    }
  };
  return {
    suggestions,
    isOpen,
    active,
    caret,
    close,
    pressed,
    moved: setCaret,
    typed: (at: number) => {
      setCaret(at);
      setWanted(true);
      setActive(-1);
    },
    left: (event: FocusEvent<HTMLFormElement>) => {
      if (!event.currentTarget.contains(event.relatedTarget)) close();
    },
  };
}
