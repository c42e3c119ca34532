import { Button, Modal } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { Failure } from '@/components/failure';
import { Loaded } from '@/components/loaded';
import { Empty } from '@/components/ui/empty';

import { rejoin, splitsQuery } from './api';
import classes from './panels.module.css';

/** The merges that somebody has undone, and the way to take that back. */
export function Splits({ onClose, onAskAgain }: { onClose: () => void; onAskAgain: () => void }) {
  const { t } = useTranslation('search');
  const client = useQueryClient();
  const query = useQuery(splitsQuery);
  const { mutate, isPending, isSuccess, error: refusal } = useMutation({ mutationFn: rejoin, onSettled: () => client.invalidateQueries(splitsQuery) });
  const close = () => {
    onClose();
    if (isSuccess) onAskAgain();
  };
  return (
    <Modal opened onClose={close} size="lg" title={t('splits.title')} closeButtonProps={{ 'aria-label': t('versions.close') }}>
      {refusal && <Failure error={refusal} />}
      <Loaded query={query}>
        {({ splits }) =>
          splits.length === 0 ? (
            <Empty title={t('splits.none')}>{t('splits.noneText')}</Empty>
          ) : (
            <table className={classes.table}>
              <caption>{t('splits.caption')}</caption>
              <tbody>
                {splits.map((pair) => (
                  <tr key={`${pair.one} ${pair.other}`}>
                    <td>{pair.one}</td>
                    <td>{pair.other}</td>
                    <td>
                      <Button size="compact-sm" variant="default" disabled={isPending} onClick={() => mutate(pair)}>
                        {t('splits.rejoin')}
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Modal>
  );
}
