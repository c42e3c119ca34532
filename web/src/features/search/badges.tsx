import { useTranslation } from 'react-i18next';

import { useFormat } from '@/lib/format';

import { useSources } from './api';
import { accessOf } from './arrange';
import type { Work } from './progress';
import classes from './work-card.module.css';

/** What one wants to know of a work before one opens it. */
export function Badges({ work }: { work: Work }) {
  const { t } = useTranslation('search');
  const format = useFormat();
  const { label } = useSources();
  const kinds = [...new Set(work.versions.map((version) => version.type))];
  const hasBoth = kinds.length > 1 && kinds.includes('preprint');
  const cited = (work.citations ?? []).map((citation) => t('card.citedBy', { count: citation.count, formatted: format.number(citation.count), source: label(citation.source) }));
  return (
    <ul className={classes.badges}>
      {work.is_retracted === true && (
        <li className={classes.badge} data-kind="retracted">
          {work.retraction_notice_doi == null ? (
            t('card.retracted')
          ) : (
            <a href={`https://doi.org/${work.retraction_notice_doi}`} target="_blank" rel="noreferrer">
              {t('card.retractedNotice')}
            </a>
          )}
        </li>
      )}
      {accessOf(work) === 'open' && (
        <li className={classes.badge} data-kind="open" title={work.licence ?? undefined}>
          {t(`access.${work.oa_status ?? 'open'}`)}
        </li>
      )}
      <li className={classes.badge}>{hasBoth ? t('card.bothVersions') : t(`types.${work.type}`)}</li>
      {work.versions.length > 1 && <li className={classes.badge}>{t('card.versions', { count: work.versions.length, formatted: format.number(work.versions.length) })}</li>}
      {cited.map((text) => (
        <li key={text} className={classes.badge}>
          {text}
        </li>
      ))}
      {work.doi != null && (
        <li className={classes.badge}>
          <bdi dir="ltr">{work.doi}</bdi>
        </li>
      )}
    </ul>
  );
}
