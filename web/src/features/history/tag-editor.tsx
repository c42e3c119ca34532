import { ActionIcon, Autocomplete, Button } from '@mantine/core';
import '@mantine/core/styles/Popover.layer.css';
import '@mantine/core/styles/ScrollArea.layer.css';
import '@mantine/core/styles/Combobox.layer.css';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';

import { useSayFailure } from '@/components/use-say-failure';
import { useMay } from '@/lib/me';

import { tagsQuery, useSetTags, type Entry } from './api';
import classes from './tags.module.css';

const LONGEST = 64;

/** The tags of a search: each leads to all that have it, can be taken away, and new ones are added. */
export function TagEditor({ entry }: { entry: Entry }) {
  const { t } = useTranslation('history');
  const sayFailure = useSayFailure();
  const set = useSetTags();
  const used = useQuery(tagsQuery).data?.tags ?? [];
  const mayWrite = useMay('search:write');
  const [text, setText] = useState('');
  const change = (tags: string[]) => set.mutate({ entry, tags }, { onSuccess: () => setText(''), onError: sayFailure });
  const add = (tag: string) => {
    if (tag.trim() !== '') change([...entry.tags, tag.trim()]);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    add(text);
  };
  return (
    <div className={classes.editor}>
      <ul className={classes.tags} aria-label={t('tags.label')}>
        {entry.tags.map((tag) => (
          <li key={tag} className={classes.tag}>
            <Link to="/history" search={{ tag }} className={classes.name}>
              <bdi>{tag}</bdi>
            </Link>
            {mayWrite && (
              <ActionIcon size={24} variant="subtle" color="gray" aria-label={t('tags.remove', { tag })} onClick={() => change(entry.tags.filter((each) => each !== tag))}>
                <IconX size={12} aria-hidden />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {mayWrite && (
        <form onSubmit={submit} className={classes.form}>
          <Autocomplete
            size="xs"
            aria-label={t('tags.new')}
            placeholder={t('tags.new')}
            data={used.map(({ tag }) => tag).filter((tag) => !entry.tags.includes(tag))}
            value={text}
            onChange={setText}
            onOptionSubmit={add}
            maxLength={LONGEST}
          />
          <Button type="submit" size="xs" variant="default" loading={set.isPending} leftSection={<IconPlus size={14} aria-hidden />}>
            {t('tags.add')}
          </Button>
        </form>
      )}
    </div>
  );
}
