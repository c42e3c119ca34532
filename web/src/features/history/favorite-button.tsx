import { ActionIcon } from '@mantine/core';
import { IconStar, IconStarFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

import { useSayFailure } from '@/components/use-say-failure';
import { useMay } from '@/lib/me';

import { useSetFavorite, type Entry } from './api';
import classes from './entry-row.module.css';

/** A star, filled for favourites; for those who may not change it, only where it is filled. */
export function FavoriteButton({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const mayWrite = useMay('search:write');
  const sayFailure = useSayFailure();
  const set = useSetFavorite();
  const toggle = () => set.mutate({ entry, isFavorite: !entry.is_favorite }, { onError: sayFailure });
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="md"
      disabled={!mayWrite}
      aria-pressed={entry.is_favorite}
      aria-label={t('favorite.label', { query: entry.query })}
      onClick={toggle}
    >
      {entry.is_favorite ? <IconStarFilled size={18} className={classes.star} aria-hidden /> : <IconStar size={18} aria-hidden />}
    </ActionIcon>
  );
}
