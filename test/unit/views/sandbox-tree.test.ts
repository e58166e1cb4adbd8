import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { initialSnapshot, type SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import type { Snapshots } from '../../../src/views/per-sandbox.ts';
import { StatusBar } from '../../../src/views/status-bar.ts';
import { timeText } from '../../../src/views/quantities.ts';
import type { TreeNode } from '../../../src/views/tree/node.ts';
import { SandboxTree } from '../../../src/views/tree/sandbox-tree.ts';
import { connected, disconnected, nowMs, spec } from './recorded.ts';

/** The view and the status item, as VS Code has them. */
const editor = vi.hoisted(() => ({
  view: { visible: false, badge: undefined as { value: number } | undefined },
  tellVisibility: undefined as ((change: { visible: boolean }) => void) | undefined,
  /** How often the status item was given a tooltip. */
  tooltips: 0,
}));

vi.mock('vscode', () => {
  class EventEmitter {
    readonly listeners = new Set<(value: unknown) => void>();
    readonly event = (listener: (value: unknown) => void): void => void this.listeners.add(listener);
    fire(value: unknown): void {
      for (const listener of this.listeners) listener(value);
    }
  }
  return {
    EventEmitter,
    TreeItem: class {
      readonly label: string;
      constructor(label: string) {
        this.label = label;
      }
    },
    TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
    StatusBarAlignment: { Left: 1 },
    ThemeColor: vi.fn(),
    ThemeIcon: vi.fn(),
    window: {
      createTreeView: () =>
        Object.assign(editor.view, {
          onDidChangeVisibility: (listener: typeof editor.tellVisibility) => {
            editor.tellVisibility = listener;
          },
        }),
      createStatusBarItem: () => ({
        set tooltip(_: string) {
          editor.tooltips++;
        },
        show: () => undefined,
      }),
    },
  };
});

let list: SandboxSnapshot[];
/** What was looked at of the sandboxes, in order. */
let reads: string[];
let fired: (readonly TreeNode[] | undefined)[];
const snapshots: Snapshots = {
  ids: () => {
    reads.push('ids');
    return list.map(({ id }) => id);
  },
  get: (id) => {
    reads.push(id);
    return list.find((snapshot) => snapshot.id === id);
  },
};
const labels = (tree: SandboxTree): unknown[] =>
  tree.getChildren().map((node) => tree.getTreeItem(node).label);

function newTree(visible: boolean, stretchMs = Infinity): SandboxTree {
  editor.view.visible = visible;
  const tree = new SandboxTree(snapshots, plain`here`, stretchMs);
  tree.onDidChangeTreeData((nodes) => fired.push(nodes));
  tree.update({ listChanged: true, changed: new Set() });
  reads = [];
  return tree;
}

function show(visible: boolean): void {
  editor.view.visible = visible;
  editor.tellVisibility?.({ visible });
}

/** One sandbox breaks. */
function breakSandbox(tree: SandboxTree, index: number): void {
  list[index] = disconnected(list[index]);
  tree.update({ listChanged: false, changed: new Set([`s${index}`]) });
}

beforeEach(() => {
  list = Array.from({ length: 100 }, (_, i) => connected({ id: `s${i}` }));
  reads = [];
  fired = [];
  editor.view.badge = undefined;
  editor.tooltips = 0;
});

test('a hidden view keeps its badge right, makes no row and tells of none', () => {
  const tree = newTree(false);
  expect(editor.view.badge?.value).toBe(100);
  list[7] = initialSnapshot({ ...spec, id: 's7' });
  tree.update({ listChanged: false, changed: new Set(['s7']) });
  expect(editor.view.badge?.value).toBe(99);
  expect(reads).toEqual(['s7']);
  expect(fired).toEqual([]);
});

test('a view that becomes visible is brought up to date once', () => {
  const tree = newTree(false);
  breakSandbox(tree, 7);
  breakSandbox(tree, 8);
  show(true);
  expect(fired).toEqual([undefined]);
  expect(tree.getChildren()).toHaveLength(100);
  fired = [];
  show(false);
  show(true);
  expect(fired).toEqual([]);
});

test('a visible view tells of the row that has changed', () => {
  const tree = newTree(true);
  fired = [];
  breakSandbox(tree, 7);
  expect(fired.map((nodes) => nodes?.map(({ sandboxId }) => sandboxId))).toEqual([['s7']]);
});

test('rows of many sandboxes are made over many turns of the event loop, until all are there', async () => {
  const tree = newTree(true, 0);
  const whole = (): number => tree.getChildren().filter((node) => tree.getChildren(node).length > 0).length;
  expect(tree.getChildren()).toHaveLength(100);
  expect(whole()).toBeLessThan(5);
  await vi.waitFor(() => {
    expect(whole()).toBe(100);
  }, 8000);
  expect(fired[0]).toBeUndefined();
  expect(new Set(fired.flatMap((nodes) => nodes ?? []).map(({ sandboxId }) => sandboxId)).size).toBe(99);
});

test('a hidden view has the rows of this moment for whoever asks, and shows them when it is seen', () => {
  const tree = newTree(false);
  expect(labels(tree)).toHaveLength(100);
  list.splice(50);
  tree.update({ listChanged: true, changed: new Set() });
  expect(labels(tree)).toHaveLength(50);
  expect(tree.nodes().filter(({ kind }) => kind === 'sandbox')).toHaveLength(50);
  expect(fired).toEqual([]);
  show(true);
  expect(fired).toEqual([undefined]);
});

test('the status item is told only what it says differently', () => {
  const statusBar = new StatusBar(snapshots, 'sandlight.showMenu', plain`here`);
  const before = editor.tooltips;
  list[50] = { ...list[50]!, roundTripMs: { value: 1, atMs: nowMs } };
  statusBar.update({ listChanged: false, changed: new Set(['s50']) });
  expect(editor.tooltips).toBe(before);
  list[50] = disconnected(list[50]);
  statusBar.update({ listChanged: false, changed: new Set(['s50']) });
  expect(editor.tooltips).toBe(before + 1);
  expect(statusBar.shown).toMatchObject({ sandboxId: 's50', background: 'warning' });
});

test('a sandbox that comes back as another under its id is shown as it is', () => {
  const tree = newTree(true);
  const statusBar = new StatusBar(snapshots, 'sandlight.showMenu', plain`here`);
  list = [{ ...initialSnapshot(spec), id: 's0', name: plain`other` }];
  tree.update({ listChanged: true, changed: new Set() });
  statusBar.update({ listChanged: true, changed: new Set() });
  expect(labels(tree)).toEqual(['other']);
  expect(editor.view.badge).toBeUndefined();
  expect(statusBar.shown.spoken).toBe('Sandlight, other: not connected');
});

test('on another day the moments of this one are shown with their date', () => {
  onTestFinished(() => {
    vi.useRealTimers();
  });
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
  list = [disconnected(connected({ id: 's0' }))];
  const tree = newTree(true);
  const uptime = (): unknown => {
    const node = tree.nodes().find((candidate) => candidate.kind === 'fact' && candidate.fact === 'uptime');
    return node && tree.getTreeItem(node).description;
  };
  const before = uptime();
  vi.setSystemTime(nowMs + 24 * 3600 * 1000);
  tree.update({ listChanged: false, changed: new Set() });
  expect(uptime()).toBe(`2 h 5 min at ${timeText(nowMs - 3000)} · earlier data`);
  expect(uptime()).not.toBe(before);
});
