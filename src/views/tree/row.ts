import { joined, plain, type PlainText } from '../../base/text.ts';
import type { Icon } from '../icon.ts';
import type { TreeNode } from './node.ts';

/** Everything there is to a row, as plain data. Texts are shown as they are; nothing in them is markup. */
export interface Row {
  readonly label: PlainText;
  readonly description: PlainText;
  /** Lines of plain text; `null` where they are made when somebody points at the row. */
  readonly tooltip: PlainText | null;
  readonly icon: Icon | null;
  /** Tags joined by `+`, the kind first; menus match them: `viewItem =~ /\+canEnsure\b/`. */
  readonly contextValue: string;
  /** What a screen reader says: name, kind, state, detail. */
  readonly spoken: PlainText;
  /** What copying the row gives: the value that it stands for, else its words. VS Code is not told. */
  readonly copy: PlainText;
  readonly collapsible: 'none' | 'collapsed' | 'expanded';
}

/** A row with the rows below it. */
export interface Branch {
  readonly node: TreeNode;
  readonly row: Row;
  readonly children: readonly Branch[];
}

/** Stands where there is nothing to say. */
export const noText = plain``;

/** True when VS Code would be told the same. */
export function isSameRow(a: Row, b: Row): boolean {
  return (
    a === b ||
    (a.label === b.label &&
      a.description === b.description &&
      a.tooltip === b.tooltip &&
      a.spoken === b.spoken &&
      a.contextValue === b.contextValue &&
      a.collapsible === b.collapsible &&
      a.icon?.id === b.icon?.id &&
      a.icon?.color === b.icon?.color)
  );
}

/** The tags of a row's context value: `kind` and every tag whose condition holds. */
export function contextTags(kind: TreeNode['kind'], tags: Readonly<Record<string, boolean>>): string {
  return [kind, ...Object.keys(tags).filter((tag) => tags[tag] === true)].join('+');
}

/** A leaf whose tooltip, spoken label and copy follow from what it shows; `row` overrides. */
export function leaf(node: TreeNode, row: Pick<Row, 'label' | 'icon'> & Partial<Row>): Branch {
  const { label, description = noText } = row;
  const shown = joined(description === '' ? [label] : [label, description], ': ');
  return {
    node,
    row: {
      description,
      tooltip: shown,
      contextValue: node.kind,
      spoken: shown,
      copy: shown,
      collapsible: 'none',
      ...row,
    },
    children: [],
  };
}
