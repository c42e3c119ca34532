import { ActionIcon, Button } from '@mantine/core';
import { IconHelp, IconSearch } from '@tabler/icons-react';
import { lazy, Suspense, useId, useImperativeHandle, useRef, useState, type SubmitEvent, type Ref } from 'react';
import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/lib/problem';

import type { SearchAddress } from './address';
import { AskMenu } from './ask-menu';
import { accept, type Suggestion } from './completion';
import type { Progress } from './progress';
import classes from './search-box.module.css';
import { optionId, Suggestions } from './suggestions';
import { useSuggestions } from './use-suggestions';

const QueryHelp = lazy(() => import('./query-help').then((module) => ({ default: module.QueryHelp })));

type Ask = Pick<SearchAddress, 'q' | 'sources' | 'limit' | 'private'>;
type Props = { ref: Ref<HTMLInputElement | null>; address: SearchAddress; progress: Progress; onAsk: (ask: Ask) => void; isFirst?: boolean };

/** The one box: the question, what completes it, and how it is asked. */
export function SearchBox({ ref, address, progress, onAsk, isFirst = false }: Props) {
  const { t } = useTranslation('search');
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useImperativeHandle<HTMLInputElement | null, HTMLInputElement | null>(ref, () => input.current);
  const [query, setQuery] = useState(address.q ?? '');
  const [isHelpOpen, setHelpOpen] = useState(false);
  const list = useSuggestions(query);

  const problem = progress.error instanceof ProblemError && progress.error.code === 'invalid_query' ? progress.error : undefined;
  const submit = (event?: SubmitEvent) => {
    event?.preventDefault();
    list.close();
    if (query.trim() !== '') onAsk({ q: query.trim() });
  };
  const choose = (suggestion: Suggestion) => {
    const next = accept(query, list.caret, suggestion);
    setQuery(next.query);
    list.moved(next.caret);
    input.current?.focus();
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret));
    if (suggestion.kind === 'question') {
      list.close();
      onAsk({ q: suggestion.text });
    }
  };

  return (
    <form role="search" className={classes.form} onSubmit={submit} onBlur={list.left}>
      <div className={classes.box} data-is-first={isFirst || undefined}>
        <IconSearch size={20} aria-hidden className={classes.icon} />
        <input
          ref={input}
          id={id}
          // Where nothing is typed, as the page.
          dir={query === '' ? undefined : 'auto'}
          className={classes.input}
          type="text"
          role="combobox"
          enterKeyHint="search"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={2000}
          // Whoever opens the start page wants to ask something.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={isFirst}
          aria-label={t('box.label')}
          aria-expanded={list.isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={list.isOpen && list.active >= 0 ? optionId(id, list.active) : undefined}
          aria-invalid={problem !== undefined}
          aria-describedby={problem ? `${id}-problem` : undefined}
          placeholder={t('box.placeholder')}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            list.typed(event.target.selectionStart ?? event.target.value.length);
          }}
          onKeyDown={(event) => list.pressed(event, choose)}
        />
        <kbd className={classes.key} aria-hidden>
          {'/'}
        </kbd>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('box.help')} onClick={() => setHelpOpen(true)}>
          <IconHelp size={20} aria-hidden />
        </ActionIcon>
        <AskMenu address={address} onAsk={(ask) => onAsk({ q: query.trim() || undefined, ...ask })} />
        <Button type="submit" className={classes.submit}>
          {t('box.ask')}
        </Button>
        {list.isOpen && <Suggestions id={id} suggestions={list.suggestions} active={list.active} onChoose={choose} />}
      </div>
      {problem && (
        <p id={`${id}-problem`} role="alert" className={classes.problem}>
          {problem.detail}
        </p>
      )}
      <Suspense>
        {isHelpOpen && <QueryHelp onClose={() => setHelpOpen(false)} onTry={(example) => onAsk({ q: example })} />}
      </Suspense>
    </form>
  );
}
