import { useTranslation } from 'react-i18next';

import type { Suggestion } from './completion';
import classes from './search-box.module.css';

export const optionId = (id: string, place: number) => `${id}-option-${place}`;

type Props = { id: string; suggestions: Suggestion[]; active: number; onChoose: (suggestion: Suggestion) => void };

/** The list below the box. The keyboard stays in the box; the pointer chooses here. */
export function Suggestions({ id, suggestions, active, onChoose }: Props) {
  const { t } = useTranslation('search');
  const hint = (suggestion: Suggestion) => {
    if (suggestion.kind === 'field') return t(`fields.${suggestion.field}`);
    if (suggestion.kind === 'operator') return t(`operators.${suggestion.text}`);
    return suggestion.kind === 'question' ? t('box.earlier') : undefined;
  };
  return (
    <div id={`${id}-list`} role="listbox" aria-label={t('box.suggestions')} className={classes.list}>
      {suggestions.map((suggestion, place) => (
        // The box handles the keys for all of them (aria-activedescendant).
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={`${suggestion.kind}:${suggestion.text}`}
          id={optionId(id, place)}
          role="option"
          aria-selected={place === active}
          tabIndex={-1}
          className={classes.option}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(suggestion)}
        >
          <bdi className={classes.optionText} data-kind={suggestion.kind}>
            {suggestion.text}
          </bdi>
          <span className={classes.optionHint}>{hint(suggestion)}</span>
        </div>
      ))}
    </div>
  );
}
