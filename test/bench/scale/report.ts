import { median } from '../../support/measuring.ts';
import type { Figure } from './figures.ts';
import type { Results } from './measures/results.ts';

/** One number with its goal. */
export interface ReportedRow {
  readonly figure: string;
  readonly what: string;
  readonly unit: string;
  /** The median of {@link runs}; absent when a run failed. */
  readonly value?: number;
  readonly runs: readonly number[];
  readonly atMost?: number;
  readonly isMet?: boolean;
}

/** The rows of a figure from the results of its runs. */
export function reportRows({ name, rows }: Figure, results: readonly Results[]): ReportedRow[] {
  return rows.map(({ result, what, unit, atMost }) => {
    const runs = results.map((numbers) => numbers[result] ?? NaN);
    const measured = runs.length > 0 && { value: median(runs) };
    return {
      ...{ figure: name, what, unit, runs, ...measured },
      ...(atMost !== undefined && { atMost }),
      ...(measured && atMost !== undefined && { isMet: measured.value <= atMost }),
    };
  });
}

/** The head of the Markdown table that {@link tableLine} continues. */
export const tableHead = ['| figure | what | measured | of | goal |  |', '|---|---|---:|---:|---:|---|'];

/** One row of the Markdown table. */
export function tableLine({ figure, what, unit, value, runs, atMost, isMet }: ReportedRow): string {
  const cells = [
    figure,
    what,
    value === undefined ? 'failed' : `${short(value)} ${unit}`,
    runs.map(short).join(', '),
    atMost === undefined ? '' : `${atMost} ${unit}`,
    isMet === undefined ? '' : isMet ? 'met' : 'missed',
  ];
  return `| ${cells.join(' | ')} |`;
}

function short(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}
