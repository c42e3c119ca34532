import '@mantine/core/styles/Radio.layer.css';

import { Radio, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';
import { isLanguage, LANGUAGES, rememberLanguage } from '@/lib/language';

import rows from './rows.module.css';

const SCHEMES: MantineColorScheme[] = ['auto', 'light', 'dark'];

/** Language and theme, of this browser. */
export function AppearanceTab() {
  const { t, i18n } = useTranslation(['account', 'shell']);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const speak = (language: string) => {
    if (isLanguage(language)) rememberLanguage(language);
    void i18n.changeLanguage(language);
  };
  return (
    <Section title={t('appearance.title')} lead={t('appearance.lead')}>
      <div className={rows.switches}>
        <Radio.Group label={t('shell:language')} value={i18n.resolvedLanguage ?? 'en'} onChange={speak}>
          <div className={rows.choices}>
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <Radio key={code} value={code} label={<span lang={code}>{name}</span>} />
            ))}
          </div>
        </Radio.Group>
        <Radio.Group label={t('shell:scheme.label')} value={colorScheme} onChange={setColorScheme}>
          <div className={rows.choices}>
            {SCHEMES.map((scheme) => (
              <Radio key={scheme} value={scheme} label={t(`shell:scheme.${scheme}`)} />
            ))}
          </div>
        </Radio.Group>
      </div>
    </Section>
  );
}
