import { expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { historyMs, type ReadinessChange } from '../../../src/sandboxes/model/history.ts';
import type { ReadinessWord, SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { applyPortChanges } from '../../../src/sandboxes/model/port-book.ts';
import { maxListedContainers, maxListedPorts } from '../../../src/views/details/containers-data.ts';
import type { ChartData } from '../../../src/views/details/details-data.ts';
import { factsOf } from '../../support/reports.ts';
import { fittingActions } from '../../../src/views/details/actions.ts';
import { isDetailsData } from '../../../src/views/details/details-check.ts';
import { detailsHtml } from '../../../src/views/details/details-html.ts';
import { actionNames, isPanelState, pageMessage } from '../../../src/views/details/details-messages.ts';
import { absentData, detailsData } from '../../../src/views/details/details-model.ts';
import { binding, connected, connecting, disconnected, idle, lost, nowMs, published } from './recorded.ts';

const place = plain`this machine (host)`;
const ago = (seconds: number): number => nowMs - seconds * 1000;

/** A readiness that came of nothing that is told. */
const change = (value: ReadinessWord, seconds: number): ReadinessChange => ({
  ...{ value, atMs: ago(seconds), error: null, shortfall: null },
});

const shortfall = {
  containerdReady: true,
  dockerReady: false,
  services: [{ name: plain`dockerd`, status: plain`not_ready` }],
  others: 0,
};

const history: SandboxSnapshot['history'] = {
  roundTripMs: [
    { value: 0.25, atMs: ago(600) },
    { value: 2, atMs: ago(300) },
    { value: 0.5, atMs: ago(295) },
  ],
  load: [{ value: 1.5, atMs: ago(300) }],
  memoryUsed: [{ value: 0.25, atMs: ago(300) }],
  readiness: [change('unknown', 620), { ...change('degraded', 600), shortfall }],
};

const boot = { bootTimeNanos: 40_000_000n, initTimeNanos: 25_000_000n, readyTimeNanos: 80_000_000n };

test('says what is known, the charts also in words', () => {
  const data = detailsData(connected({ history, boot }), place, nowMs);
  expect(data).toMatchObject({
    name: 'web',
    state: { look: 'warning', word: 'degraded' },
    notice: '',
    fromMs: ago(620),
    toMs: nowMs,
    boot: { summary: 'Ready 80 ms after power-on' },
  });
  expect(data.facts).toContainEqual({ label: 'Agent version', value: '0.4.0' });
  expect(data.facts).toContainEqual({ label: 'Clock', value: 'in step' });
  expect(data.charts.map(({ title, summary }) => `${title}: ${summary}`)).toEqual([
    'Round trip: Latest 0.5 ms, between 0.3 ms and 2.0 ms',
    'Load on 2 processors: Latest 1.50, between 1.50 and 1.50',
    'Memory in use: Latest 25 %, between 25 % and 25 %',
  ]);
  expect(data.boot?.stages.map(({ label, text }) => `${label}: ${text}`)).toEqual([
    'Kernel: 40 ms',
    'Initialisation: 25 ms',
    'Agent ready: 15 ms',
  ]);
  expect(data.timeline.map(({ state, reason, lasted }) => `${state.word} (${reason}) for ${lasted}`)).toEqual(
    ['unknown () for 20 s', 'degraded (dockerd not ready) for ongoing'],
  );
  expect(data.reason).toBe('dockerd not ready');
  expect(data.services.items).toEqual([
    { name: 'containerd', state: { look: 'good', word: 'ready' }, detail: 'socket reachable' },
    { name: 'dockerd', state: { look: 'warning', word: 'not ready' }, detail: 'no reachable socket found' },
  ]);
});

test('the timeline tells why, and leaves out the moments between two connections', () => {
  const readiness = [
    change('unknown', 100.4),
    change('ready', 100),
    { ...change('unreachable', 60), error: lost },
    change('unknown', 30.2),
    change('ready', 30),
    change('unknown', 20.3),
    change('ready', 20),
  ];
  const { timeline } = detailsData(connected({ history: { ...history, readiness } }), place, nowMs);
  expect(timeline.map(({ state, reason, lasted }) => `${state.word} ${reason} ${lasted}`)).toEqual([
    'ready  40 s',
    'unreachable no socket at /run/agent.sock 30 s',
    'degraded  ongoing',
  ]);
});

test('breaks the line where nothing was measured for long', () => {
  const [roundTrip] = detailsData(connected({ history }), place, nowMs).charts;
  expect(roundTrip?.points.map(({ value }) => value)).toEqual([0.25, null, 2, 0.5]);
});

/** The chart of round trips of these values, the first `seconds[0]` ago and so on. */
function roundTripChart(
  values: readonly number[],
  seconds: readonly number[],
  readiness: readonly ReadinessChange[] = [],
): ChartData | undefined {
  const roundTripMs = values.map((value, index) => ({ value, atMs: ago(seconds[index] ?? 0) }));
  return detailsData(connected({ history: { ...history, roundTripMs, readiness } }), place, nowMs).charts[0];
}

test('breaks the line across an outage, also one that is shorter than any silence', () => {
  const valuesAt = (...args: Parameters<typeof roundTripChart>): unknown =>
    roundTripChart(...args)?.points.map(({ value }) => value);
  expect(valuesAt([1, 2], [92, 60])).toEqual([1, null, 2]);
  expect(valuesAt([1, 2, 3], [35, 30, 15])).toEqual([1, 2, 3]);
  const outage = [change('unreachable', 22), change('ready', 18), change('ready', 5)];
  expect(valuesAt([1, 2, 3], [25, 15, 10], outage)).toEqual([1, null, 2, 3]);
});

test('one slow round trip does not flatten the others, and is told', () => {
  const seconds = Array.from({ length: 20 }, (_, index) => 200 - 10 * index);
  const values = seconds.map((_, index) => (index === 7 ? 500 : 4));
  const slow = roundTripChart(values, seconds);
  expect(slow?.top).toBeCloseTo(6.6);
  expect(slow?.summary).toBe('Latest 4.0 ms, between 4.0 ms and 500.0 ms; 1 above the scale');
  const steady = roundTripChart([4, 5], [20, 10]);
  expect(steady?.top).toBeCloseTo(5.5);
  expect(steady?.summary).toBe('Latest 5.0 ms, between 4.0 ms and 5.0 ms');
  expect(roundTripChart([0.1], [10])?.top).toBe(1);
});

test('a sandbox that does not run has charts of what was measured, and no empty ones', () => {
  const stopped = { ...connected({ connection: idle, system: null }), readiness: 'unknown' as const };
  expect(detailsData(stopped, place, nowMs).charts).toEqual([]);
  const charts = detailsData({ ...stopped, history }, place, nowMs).charts.map(({ id }) => id);
  expect(charts).toEqual(['roundTrip', 'load', 'memory']);
});

test('lists containers with names, states and ports; of a port alone the short id', () => {
  const id = 'c0ffee'.repeat(6);
  const ports = applyPortChanges(
    published({ [id]: [binding(8080, 49152)] }),
    [
      {
        kind: 'changed',
        containerId: 'd',
        report: { facts: factsOf({ health: 'unhealthy' }), bindings: [binding(80, 8080, '0.0.0.0')] },
      },
      {
        kind: 'changed',
        containerId: 'e',
        report: { facts: factsOf({ name: 'old', state: 'exited' }), bindings: [] },
      },
    ],
    nowMs,
  );
  const data = detailsData(connected({ ports }), place, nowMs);
  expect(data.containers.remark).toBe('');
  expect(data.containers.items).toEqual([
    { name: 'c0ffeec0ffee', state: null, about: '', ports: ['localhost:49152 → 8080'] },
    { name: 'old', state: { look: 'unknown', word: 'exited' }, about: 'nginx:1.27 · shop/web', ports: [] },
    {
      name: 'shop-web-1',
      state: { look: 'warning', word: 'running, unhealthy' },
      about: 'nginx:1.27 · shop/web',
      ports: ['localhost:8080 → 80 · all interfaces'],
    },
  ]);
});

test('lists no more containers and ports than its limits, and counts the others', () => {
  const many = Array.from({ length: maxListedPorts + 3 }, (_, index) =>
    binding(9000 + 2 * index, 40_000 + 2 * index),
  );
  const ids = Array.from({ length: maxListedContainers + 5 }, (_, index) => `c${index}`);
  const ports = published(Object.fromEntries(ids.map((id) => [id, many])));
  const { items, remark } = detailsData(connected({ ports }), place, nowMs).containers;
  expect(items).toHaveLength(maxListedContainers);
  expect(remark).toBe('5 more in the side bar');
  expect(items[0]?.ports).toHaveLength(maxListedPorts + 1);
  expect(items[0]?.ports.at(-1)).toBe('3 more');
});

test('a sandbox whose own tool publishes its ports has them without a container', () => {
  const { items } = detailsData(
    connected({ ports: published({ '': [binding(80, 8080)] }) }),
    place,
    nowMs,
  ).containers;
  expect(items).toMatchObject([{ name: 'The sandbox itself', state: null }]);
  const nothing = detailsData(connected({ ports: published({}), source: 'microsandbox' }), place, nowMs);
  expect(nothing.containers).toEqual({ remark: '', items: [] });
});

test('offers what fits', () => {
  const names = (snapshot: SandboxSnapshot): unknown => fittingActions(snapshot).map(({ name }) => name);
  expect(names(connected())).toEqual(['openPort', 'ensure', 'syncClock', 'ping', 'restart']);
  expect(names(connected({ capabilities: new Set(), ports: published({}) }))).toEqual(['ping', 'restart']);
  const operation = { kind: 'ensureRuntime', startedAtMs: nowMs, detail: plain`` } as const;
  expect(names(connected({ operation }))).not.toContain('ensure');
  expect(names(disconnected())).toEqual(['connect']);
  expect(names(connected({ connection: connecting, isStale: true }))).toEqual(['connect']);
  const discovered = { state: 'stopped', ports: [] } as const;
  expect(names(connected({ connection: idle, isStale: true, discovered }))).toEqual([]);
});

test('shows nothing older than the window, and at least a minute', () => {
  const old = { ...history, readiness: [change('ready', 36_000)] };
  expect(detailsData(connected({ history: old }), place, nowMs).fromMs).toBe(nowMs - historyMs);
  const young = detailsData(connected(), place, nowMs);
  expect(young.fromMs).toBe(ago(60));
  expect(young.charts[0]?.summary).toBe('Nothing measured yet.');
});

test('has no chart for what the agent does not tell, unless it has told', () => {
  const titles = (changes: Partial<SandboxSnapshot>): readonly string[] =>
    detailsData(connected({ capabilities: new Set(), system: null, ...changes }), place, nowMs).charts.map(
      ({ title }) => title,
    );
  expect(titles({})).toEqual(['Round trip']);
  expect(titles({ history })).toEqual(['Round trip', 'Load', 'Memory in use']);
});

test('a boot whose parts do not add up has no negative stage', () => {
  const odd = { bootTimeNanos: 9_000_000n, initTimeNanos: 9_000_000n, readyTimeNanos: 1_000_000n };
  const { boot: shown } = detailsData(connected({ boot: odd }), place, nowMs);
  expect(shown?.stages.map(({ durationMs }) => durationMs)).toEqual([9, 9, 0]);
});

test('a lost connection is said above all', () => {
  const { state, notice } = detailsData(disconnected(), place, nowMs);
  expect(state).toEqual({ look: 'bad', word: 'unreachable' });
  expect(notice).toMatch(/^Connection lost.*Nothing exists at this path/);
});

test('the panel takes what the model makes and nothing else', () => {
  const full = detailsData(connected({ history, boot }), place, nowMs);
  const received = (): Record<string, unknown> => structuredClone(full) as unknown as Record<string, unknown>;
  expect(isDetailsData(received())).toBe(true);
  expect(isDetailsData(structuredClone(absentData('a', plain`web`, nowMs)))).toBe(true);
  for (const key of Object.keys(full)) {
    expect(isDetailsData({ ...received(), [key]: undefined }), key).toBe(false);
    expect(isDetailsData({ ...received(), [key]: [{}] }), key).toBe(false);
  }
  for (const other of [undefined, null, 'text', 7, []]) expect(isDetailsData(other)).toBe(false);
});

test('what the panel says and keeps is checked', () => {
  expect(pageMessage({ kind: 'ready' })).toEqual({ kind: 'ready' });
  expect(isPanelState({ sandboxId: 'a', name: 'web' })).toBe(true);
  for (const other of [undefined, null, 'ready', {}, { kind: 'run' }, { sandboxId: 7, name: 'web' }]) {
    expect(pageMessage(other)).toBeUndefined();
    expect(isPanelState(other)).toBe(false);
  }
});

test('the page may name an action of the list, and nothing beside it', () => {
  for (const action of actionNames)
    expect(pageMessage({ kind: 'action', action })).toEqual({ kind: 'action', action });
  const others = ['', 'toString', 'sandlight.removeSandbox', ['ping'], { name: 'ping' }, null, undefined];
  for (const action of others) expect(pageMessage({ kind: 'action', action })).toBeUndefined();
  expect(pageMessage({ kind: 'action', action: 'ping', target: 'other' })).toBeUndefined();
  expect(pageMessage({ kind: 'ready', action: 'ping' })).toBeUndefined();
});

test('the page may load its own script and style sheet and nothing else, whatever the sandbox is called', () => {
  const html = detailsHtml({
    cspSource: 'https://webview.example',
    scriptUri: 'https://webview.example/details.js',
    styleUri: 'https://webview.example/details.css',
    nonce: 'abc',
    language: 'en',
    title: '</title><script>alert(1)</script>',
  });
  expect(/content="(default-src[^"]*)"/.exec(html)?.[1]).toBe(
    "default-src 'none'; style-src https://webview.example; script-src 'nonce-abc'; base-uri 'none'; form-action 'none'",
  );
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).toContain('&lt;script&gt;');
  expect(html).not.toContain('unsafe');
});
