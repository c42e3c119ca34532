import { Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import form from '@/components/ui/form.module.css';

import { FormProblem, isOfField } from './form-problem';

type Props = {
  title: string;
  /** The deed as a verb. */
  deed: string;
  /** Whether it takes something away. */
  isDanger?: boolean;
  /** Whether enough is said to do it. */
  isReady?: boolean;
  isWide?: boolean;
  /** The fields that show themselves what is wrong with them. */
  fields?: string[];
  /** What is asked; `error`: why it was not taken. */
  children?: ReactNode | ((error: unknown) => ReactNode);
  /** What stands below why it was not taken. */
  foot?: (error: unknown) => ReactNode;
  act: () => Promise<unknown>;
  onClose: () => void;
};

/** Asks for something, does it, and stays open when that fails. */
export function FormDialog({ title, deed, isDanger = false, isReady = true, isWide = false, fields = [], children, foot, act, onClose }: Props) {
  const { t } = useTranslation('shell');
  const { mutate, error, isPending } = useMutation({ mutationFn: act, onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={title} {...(isWide && { size: 'lg' })} closeButtonProps={{ 'aria-label': t('close') }}>
      <form
        className={form.form}
        data-wide={isWide || undefined}
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) mutate();
        }}
      >
        {typeof children === 'function' ? children(error) : children}
        {!isOfField(error, fields) && <FormProblem error={error} />}
        {foot?.(error)}
        <div className={form.buttons}>
          <Button type="submit" {...(isDanger && { color: 'red.9' })} disabled={!isReady} loading={isPending}>
            {deed}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
