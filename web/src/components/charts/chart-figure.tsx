import { Button } from '@mantine/core';
import { IconChartBar, IconTable } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { Records, type Column } from '@/components/ui/records';
import { Section } from '@/components/ui/section';

import classes from './charts.module.css';

type Props = {
  title: string;
  lead?: string;
  /** What the chart shows, in a sentence. */
  summary: string;
  chart: ReactNode;
  /** What each line is, where there are several. */
  legend?: string[];
  columns: string[];
  /** The first cell of each row names it. */
  rows: ReactNode[][];
};

type Row = { row: number; cells: ReactNode[] };

/** A chart, and the numbers that it was drawn from. */
export function ChartFigure({ title, lead, summary, chart, legend = [], columns, rows }: Props) {
  const { t } = useTranslation('shell');
  const [isTable, setTable] = useState(false);
  const Icon = isTable ? IconChartBar : IconTable;
  const toggle = (
    <Button variant="subtle" size="compact-sm" leftSection={<Icon size={14} aria-hidden />} onClick={() => setTable(!isTable)}>
      {t(isTable ? 'chart.asChart' : 'chart.asTable')}
    </Button>
  );
  return (
    <div className={classes.figure}>
      <Section title={title} lead={lead} actions={toggle}>
        {isTable ? (
          <Records
            caption={title}
            columns={columns.map((head, place): Column<Row> => ({ key: head, head, isNumber: place > 0, cell: ({ cells }) => cells[place] }))}
            rows={rows.map((cells, row) => ({ row, cells }))}
            rowKey={({ row }) => row}
          />
        ) : (
          <>
            {legend.length > 1 && (
              <ul className={classes.legend} aria-hidden>
                {legend.map((name) => (
                  <li key={name}>{name}</li>
                ))}
              </ul>
            )}
            {/* Time goes from left to right in every chart, so that one is read like the other; the words around it go their way. */}
            <div role="img" aria-label={summary} dir="ltr" className={classes.chart}>
              {chart}
            </div>
          </>
        )}
      </Section>
    </div>
  );
}
