import { Button } from '@mantine/core';
import { IconChartBar, IconTable } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Section } from '@/components/ui/section';

import classes from './insights.module.css';

type Props = {
  title: string;
  lead?: string;
  /** What the chart shows, in a sentence. */
  summary: string;
  chart: ReactNode;
  columns: string[];
  /** The first cell of each row names it. */
  rows: ReactNode[][];
};

/** A chart, and the numbers that it was drawn from. */
export function ChartFigure({ title, lead, summary, chart, columns, rows }: Props) {
  const { t } = useTranslation('insights');
  const [isTable, setTable] = useState(false);
  const Icon = isTable ? IconChartBar : IconTable;
  const toggle = (
    <Button variant="subtle" size="compact-sm" leftSection={<Icon size={14} aria-hidden />} onClick={() => setTable(!isTable)}>
      {isTable ? t('asChart') : t('asTable')}
    </Button>
  );
  return (
    <div className={classes.figure}>
      <Section title={title} lead={lead} actions={toggle}>
        {isTable ? (
          <div className={classes.scroll}>
            <table className={classes.table}>
              <thead>
                <tr>
                  {columns.map((column) => (
                    <th key={column} scope="col">
                      {column}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map(([name, ...cells], row) => (
                  <tr key={row}>
                    <th scope="row">{name}</th>
                    {cells.map((cell, column) => (
                      <td key={column}>{cell}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : (
          <div role="img" aria-label={summary} className={classes.chart}>
            {chart}
          </div>
        )}
      </Section>
    </div>
  );
}
