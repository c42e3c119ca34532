import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { CLASSES, type Class, type Typed } from './settings-form';
import classes from './workspaces.module.css';

type Props = { limits: Typed['limits']; half: Class[]; onChange: (limits: Typed['limits']) => void };

/** How much each person of a workspace may ask, by kind of request. */
export function Limits({ limits, half, onChange }: Props) {
  const { t } = useTranslation('admin');
  return (
    <fieldset>
      <legend>{t('workspace.limits')}</legend>
      <p className={classes.hint}>{t('workspace.limitsText')}</p>
      <div className={classes.limits}>
        {CLASSES.map((each) => {
          const name = t(`workspace.class.${each}`);
          const field = (part: 'rate' | 'burst') => (
            <TextInput
              size="xs"
              label={t(`workspace.${part}`)}
              aria-label={t(`workspace.${part}Of`, { name })}
              type="number"
              min={part === 'rate' ? 0 : 1}
              step="any"
              error={half.includes(each) && limits[each][part] === '' ? t('workspace.both') : undefined}
              value={limits[each][part]}
              onChange={(event) => onChange({ ...limits, [each]: { ...limits[each], [part]: event.currentTarget.value } })}
            />
          );
          return (
            <div key={each} className={classes.limit}>
              <span>{name}</span>
              {field('rate')}
              {field('burst')}
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}
