import { l10n } from 'vscode';
import { formatEndpoint } from '../../agent/endpoint.ts';
import type { SandboxSnapshot } from '../../sandboxes/snapshot.ts';
import { sandboxBranch } from '../tree/sandbox.ts';
import type { Branch } from '../tree/row.ts';

/** Everything known of a sandbox as lines of plain text. */
export function detailsText(snapshot: SandboxSnapshot, place: string): string {
  const { node, row, children } = sandboxBranch(snapshot, place);
  return [
    `${row.label} (${row.description})`,
    formatEndpoint(snapshot.endpoint),
    l10n.t('Seen from {0}', place),
    '',
    ...children.flatMap((child) => linesOf(child, 0)),
    '',
    node.id,
  ].join('\n');
}

function linesOf({ row, children }: Branch, depth: number): string[] {
  const text = row.description === '' ? row.label : `${row.label}: ${row.description}`;
  return [`${'  '.repeat(depth)}${text}`, ...children.flatMap((child) => linesOf(child, depth + 1))];
}
