import { VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';

import classes from './records.module.css';

export type Column<Row> = {
  key: string;
  head: string;
  cell: (row: Row) => ReactNode;
  isNumber?: boolean;
  /** What can be done with a row: its heading is read, not shown. */
  isActions?: boolean;
};

type Props<Row> = {
  /** Names the table; read, not shown. */
  caption: string;
  /** The first one says what a row is about. */
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string | number;
};

/** Rows of one kind: a table where there is room, else a card each. */
export function Records<Row>({ caption, columns, rows, rowKey }: Props<Row>) {
  return (
    <div className={classes.frame}>
      <table className={classes.table}>
        <caption className={classes.caption}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" data-number={column.isNumber}>
                {column.isActions ? <VisuallyHidden>{column.head}</VisuallyHidden> : column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column, place) =>
                place === 0 ? (
                  <th key={column.key} scope="row">
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} data-label={column.isActions ? undefined : column.head} data-number={column.isNumber}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
