import { networkInterfaces } from 'node:os';
import { beforeEach, expect, test, vi } from 'vitest';
import { ipAddress } from '../../../src/base/ip-address.ts';
import type { CommandContext } from '../../../src/commands/context.ts';
import { portCommands } from '../../../src/commands/ports.ts';
import { isOwnAddress } from '../../../src/host/own-addresses.ts';
import { Forest } from '../../../src/views/tree/forest.ts';
import type { TreeNode } from '../../../src/views/tree/node.ts';
import { listed, binding, connected, published, snapshotsOf } from '../views/recorded.ts';

/** What the editor was made to do, and what the person answers. */
const editor = vi.hoisted(() => ({
  opened: [] as string[],
  copied: [] as string[],
  asked: [] as { question: string; detail: string | undefined; buttons: string[] }[],
  answer: undefined as string | undefined,
}));

vi.mock('vscode', () => ({
  Uri: { parse: (text: string) => text },
  env: {
    openExternal: (url: string) => Promise.resolve(editor.opened.push(url)),
    clipboard: { writeText: (text: string) => Promise.resolve(editor.copied.push(text)) },
  },
  window: {
    showWarningMessage: (question: string, { detail }: { detail?: string }, ...buttons: string[]) => {
      editor.asked.push({ question, detail, buttons });
      return Promise.resolve(editor.answer);
    },
    showInformationMessage: (question: string) => {
      editor.asked.push({ question, detail: undefined, buttons: [] });
      return Promise.resolve();
    },
    setStatusBarMessage: () => undefined,
  },
}));

beforeEach(() => {
  Object.assign(editor, { opened: [], copied: [], asked: [], answer: undefined });
});

/** Opens the port that a guest publishes on this address, as from its row. */
async function openPortOn(hostIp: string, answer?: string, change = (node: TreeNode) => node): Promise<void> {
  editor.answer = answer;
  const snapshots = snapshotsOf([connected({ ports: published({ web: [binding(8080, 8000, hostIp)] }) })]);
  const forest = new Forest(listed);
  forest.update(snapshots, { listChanged: true, changed: new Set() });
  forest.update(snapshots, { listChanged: false, changed: new Set(snapshots.ids()) });
  const node = [...forest.entries()].map((entry) => entry.node).find(({ kind }) => kind === 'port');
  const tree = { current: (wanted: TreeNode) => forest.entry(wanted)?.node, selected: () => undefined };
  const context = { registry: snapshots, tree } as unknown as CommandContext;
  await portCommands(context)['sandlight.openPort'](change(node!));
}

test.each(['127.0.0.1', '0.0.0.0', '::', '::1', ''])('a port on %j is opened at once', async (hostIp) => {
  await openPortOn(hostIp);
  expect(editor).toMatchObject({ opened: ['http://localhost:8000/'], asked: [] });
});

test('every address of this machine is its own', () => {
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  for (const { address } of own) {
    const cleaned = ipAddress(address.replace(/%.*/, ''));
    expect(cleaned !== undefined && isOwnAddress(cleaned), address).toBe(true);
  }
});

test.each([
  ['203.0.113.7', 'http://203.0.113.7:8000/'],
  ['2001:db8::7', 'http://[2001:db8::7]:8000/'],
])('a port on %s, which only the guest has named, is opened after a question alone', async (hostIp, url) => {
  await openPortOn(hostIp);
  expect(editor.opened).toEqual([]);
  expect(editor.asked).toHaveLength(1);
  expect(editor.asked[0]?.question).toContain(url);
  expect(editor.asked[0]?.detail).toContain('named by the guest web');
  // The first button is the one that Enter presses.
  expect(editor.asked[0]?.buttons).toEqual(['Copy Address', 'Open Anyway']);
  await openPortOn(hostIp, 'Open Anyway');
  expect(editor.opened).toEqual([url]);
});

test('copying in place of opening opens nothing', async () => {
  await openPortOn('203.0.113.7', 'Copy Address');
  expect(editor).toMatchObject({ opened: [], copied: ['203.0.113.7:8000'] });
});

test('a caller cannot say what a row publishes', async () => {
  const forged = (node: TreeNode): TreeNode =>
    node.kind === 'port'
      ? { ...node, binding: { ...node.binding, hostIp: 'evil.example/?' as typeof node.binding.hostIp } }
      : node;
  await openPortOn('127.0.0.1', undefined, forged);
  expect(editor.opened).toEqual(['http://localhost:8000/']);
  await openPortOn('127.0.0.1', undefined, (node) => ({ ...node, id: 'gone' }));
  expect(editor.opened).toHaveLength(1);
  expect(editor.asked.at(-1)?.question).toBe('This port is no longer published.');
});
