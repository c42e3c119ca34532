import { Button } from '@mantine/core';
import { IconChartLine, IconTable } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Records, type Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';

import classes from './analytics.module.css';

type Props<Row> = {
  title: string;
  /** What the chart shows, in a sentence. */
  summary: string;
  chart: ReactNode;
  /** What each line is, where there are several. */
  legend?: string[];
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
};

/** A chart, and the numbers that it was drawn from. */
export function ChartFigure<Row>({ title, summary, chart, legend = [], columns, rows, rowKey }: Props<Row>) {
  const { t } = useTranslation('admin');
  const [isTable, setTable] = useState(false);
  const Icon = isTable ? IconChartLine : IconTable;
  const toggle = (
    <Button variant="subtle" size="compact-sm" leftSection={<Icon size={14} aria-hidden />} onClick={() => setTable(!isTable)} aria-label={t(isTable ? 'analytics.asChartOf' : 'analytics.asTableOf', { title })}>
      {t(isTable ? 'analytics.asChart' : 'analytics.asTable')}
    </Button>
  );
  return (
    <div className={classes.figure}>
      <Section title={title} level={3} actions={toggle}>
        {isTable ? (
          <Records caption={title} columns={columns} rows={rows} rowKey={rowKey} />
        ) : (
          <>
            {legend.length > 1 && (
              <ul className={classes.legend} aria-hidden>
                {legend.map((name) => (
                  <li key={name}>{name}</li>
                ))}
              </ul>
            )}
            <div role="img" aria-label={summary}>
              {chart}
            </div>
          </>
        )}
      </Section>
    </div>
  );
}
