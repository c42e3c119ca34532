import { Modal, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { FIELDS, TYPES } from './completion';
import classes from './query-help.module.css';

/** Each with an example that can be tried; examples are the same in every language. */
const EXAMPLES: Record<(typeof FIELDS)[number], string> = {
  title: 'title:"base editing"',
  author: 'author:"Doudna J"',
  abstract: 'abstract:graphene',
  year: 'year:2020..2024',
  doi: 'doi:10.1038/nature12373',
  arxiv: 'arxiv:2101.00001',
  pmid: 'pmid:23846655',
  pmcid: 'pmcid:PMC3737249',
  type: 'type:article,review',
  source: 'source:arxiv,pubmed',
  open: 'open:true',
};
const RULES = [
  { key: 'words', example: 'machine learning' },
  { key: 'phrase', example: '"attention is all you need"' },
  { key: 'or', example: 'crispr OR "gene editing"' },
  { key: 'not', example: 'transformer NOT vision' },
  { key: 'group', example: 'title:(crispr OR "base editing")' },
] as const;
const KEYS = [
  { keys: ['/', '⌘K'], does: 'box' },
  { keys: ['j', 'k'], does: 'list' },
  { keys: ['o'], does: 'open' },
  { keys: ['x'], does: 'select' },
  { keys: ['s'], does: 'save' },
] as const;

/** How questions are written, and the keys of the page. */
export function QueryHelp({ onClose, onTry }: { onClose: () => void; onTry: (example: string) => void }) {
  const { t } = useTranslation('search');
  const row = (example: string, text: string) => (
    <tr key={example}>
      <td>
        <UnstyledButton
          className={classes.example}
          onClick={() => {
            onClose();
            onTry(example);
          }}
        >
          {example}
        </UnstyledButton>
      </td>
      <td>{text}</td>
    </tr>
  );
  return (
    <Modal opened onClose={onClose} size="lg" title={t('help.title')} closeButtonProps={{ 'aria-label': t('help.close') }}>
      <table className={classes.table}>
        <caption>{t('help.rules')}</caption>
        <tbody>{RULES.map(({ key, example }) => row(example, t(`help.rule.${key}`)))}</tbody>
      </table>
      <table className={classes.table}>
        <caption>{t('help.fields')}</caption>
        <tbody>{FIELDS.map((field) => row(EXAMPLES[field], t(`fields.${field}`)))}</tbody>
      </table>
      <p>{t('help.types', { types: TYPES.join(', ') })}</p>
      <table className={classes.table}>
        <caption>{t('help.keys')}</caption>
        <tbody>
          {KEYS.map(({ keys, does }) => (
            <tr key={does}>
              <td>
                {keys.map((key) => (
                  <kbd key={key} className={classes.key}>
                    {key}
                  </kbd>
                ))}
              </td>
              <td>{t(`help.key.${does}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
