import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import type { Entry } from './api';
import { EntryFacts } from './entry-facts';
import { EntryMenu } from './entry-menu';
import classes from './entry-row.module.css';
import { FavoriteButton } from './favorite-button';
import tagClasses from './tags.module.css';

/** One search in the list. */
export function EntryRow({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  return (
    <article className={classes.row} aria-label={entry.query}>
      <FavoriteButton entry={entry} />
      <div className={classes.body}>
        <Link to="/history/$id" params={{ id: entry.id }} className={classes.query}>
          <bdi>{entry.query}</bdi>
        </Link>
        <EntryFacts entry={entry} />
        {entry.tags.length > 0 && (
          <ul className={tagClasses.tags} aria-label={t('tags.label')}>
            {entry.tags.map((tag) => (
              <li key={tag} className={tagClasses.tag}>
                <Link to="/history" search={{ tag }} className={tagClasses.name}>
                  <bdi>{tag}</bdi>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
      <EntryMenu entry={entry} />
    </article>
  );
}
