import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandIds } from '../../../src/commands/command-ids.ts';

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8'));

interface Manifest {
  contributes: {
    commands: { command: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    walkthroughs: { steps: { media: { image: string }; completionEvents: string[] }[] }[];
    viewsWelcome: { contents: string }[];
    configuration: { properties: Record<string, { scope: string; ignoreSync: boolean }> };
  };
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  enabledApiProposals?: unknown;
}

const manifest = read('package.json') as Manifest;
const strings = read('package.nls.json') as Record<string, string>;

test('the manifest contributes exactly the commands of the registry', () => {
  expect(manifest.contributes.commands.map(({ command }) => command).sort()).toEqual([...commandIds].sort());
});

test('menus, welcome views and the walkthrough name only commands that exist', () => {
  const inMenus = Object.values(manifest.contributes.menus).flatMap((items) =>
    items.map(({ command }) => command),
  );
  const inStrings = Object.values(strings).flatMap((text) =>
    [...text.matchAll(/\(command:([\w.]+)\)/g)].map(([, id]) => id!),
  );
  // VS Code makes a command that shows a view.
  const ids = [...commandIds, 'sandlight.sandboxes.focus'];
  for (const id of [...inMenus, ...inStrings]) expect(ids).toContain(id);
});

test('every step of the walkthrough has its small picture, and is done by a command that exists or by a look', () => {
  const [walkthrough] = manifest.contributes.walkthroughs;
  expect(walkthrough?.steps).toHaveLength(4);
  for (const { media, completionEvents } of walkthrough?.steps ?? []) {
    const { size } = statSync(new URL(`../../../${media.image}`, import.meta.url));
    expect(size).toBeLessThan(40 * 1024);
    const done = completionEvents.flatMap((event) => /^onCommand:(.*)$/.exec(event)?.[1] ?? []);
    for (const id of done) expect(commandIds).toContain(id);
  }
});

test('every %key% of the manifest has a string, and every string is used', () => {
  const keys = [...JSON.stringify(manifest).matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key!);
  expect([...new Set(keys)].sort()).toEqual(Object.keys(strings).sort());
});

test('settings belong to the machine, are not synchronised, and are never taken from an untrusted workspace', () => {
  const { properties } = manifest.contributes.configuration;
  for (const [name, { scope, ignoreSync }] of Object.entries(properties)) {
    expect({ name, scope, ignoreSync }).toEqual({ name, scope: 'machine', ignoreSync: true });
  }
  expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(Object.keys(properties));
});

test('only stable API is used', () => {
  expect(manifest.enabledApiProposals).toBeUndefined();
});
