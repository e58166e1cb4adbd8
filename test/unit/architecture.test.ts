import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { rooms } from '../../scripts/zones.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The table under "Rooms": what each room may import. */
function roomsOfTable(): Record<string, string[]> {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const section = /^## Rooms$(.*?)^## /ms.exec(text)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return Object.fromEntries(
    rows.map((row) => {
      const [, room = '', , mayImport = ''] = row.split('|');
      return [names(room)[0] ?? '', names(mayImport).sort()];
    }),
  );
}

test('the table of rooms is what the linter holds', () => {
  const held = Object.entries(rooms).map(([room, allowed]) => [room, [...allowed].sort()]);
  expect(roomsOfTable()).toEqual(Object.fromEntries(held));
});

test('every source file lies in a room', () => {
  const homeless = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && path !== 'extension.ts')
    // What generated code imports, its generator decides.
    .filter((path) => !path.startsWith('agent/generated/'))
    .filter((path) => !Object.keys(rooms).some((room) => path.startsWith(`${room}/`)));
  expect(homeless).toEqual([]);
});
