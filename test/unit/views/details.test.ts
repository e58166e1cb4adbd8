import { expect, test } from 'vitest';
import { plain } from '../../../src/base/text.ts';
import { historyMs } from '../../../src/sandboxes/model/history.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { isDetailsData, isPanelState, isReadyMessage } from '../../../src/views/details/details-data.ts';
import { detailsHtml } from '../../../src/views/details/details-html.ts';
import { absentData, detailsData } from '../../../src/views/details/details-model.ts';
import { connected, disconnected, nowMs } from './recorded.ts';

const place = plain`this machine (host)`;
const ago = (seconds: number): number => nowMs - seconds * 1000;

const history: SandboxSnapshot['history'] = {
  roundTripMs: [
    { value: 0.25, atMs: ago(600) },
    { value: 2, atMs: ago(300) },
    { value: 0.5, atMs: ago(295) },
  ],
  load: [{ value: 1.5, atMs: ago(300) }],
  memoryUsed: [{ value: 0.25, atMs: ago(300) }],
  readiness: [
    { value: 'unknown', atMs: ago(620) },
    { value: 'degraded', atMs: ago(600) },
  ],
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
  expect(data.timeline.map(({ state, lasted }) => `${state.word} for ${lasted}`)).toEqual([
    'unknown for 20 s',
    'degraded for ongoing',
  ]);
});

test('breaks the line where nothing was measured for long', () => {
  const [roundTrip] = detailsData(connected({ history }), place, nowMs).charts;
  expect(roundTrip?.points.map(({ value }) => value)).toEqual([0.25, null, 2, 0.5]);
});

test('shows nothing older than the window, and at least a minute', () => {
  const old = { ...history, readiness: [{ value: 'ready' as const, atMs: ago(36_000) }] };
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
  expect(notice).toMatch(/^Connection lost.*no such file/);
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
  expect(isReadyMessage({ kind: 'ready' })).toBe(true);
  expect(isPanelState({ sandboxId: 'a', name: 'web' })).toBe(true);
  for (const other of [undefined, null, 'ready', {}, { kind: 'run' }, { sandboxId: 7, name: 'web' }]) {
    expect(isReadyMessage(other)).toBe(false);
    expect(isPanelState(other)).toBe(false);
  }
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
