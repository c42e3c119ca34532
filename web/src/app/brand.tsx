import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { Sign } from '@/components/ui/sign';

import classes from './shell.module.css';

/** What PAKE is called, and the way to where one begins. */
export function Brand() {
  const { t } = useTranslation('shell');
  return (
    <Link to="/" className={classes.brand} aria-label={t('home')}>
      <Sign size={24} />
      <span aria-hidden className={classes.brandName}>
        {'PAKE'}
      </span>
    </Link>
  );
}
