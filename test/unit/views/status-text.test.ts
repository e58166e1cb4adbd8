import { expect, test } from 'vitest';
import { initialSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { plain, type PlainText } from '../../../src/base/text.ts';
import type { SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { timeText } from '../../../src/views/quantities.ts';
import { maxTooltipSandboxes, StatusModel, type StatusText } from '../../../src/views/status-text.ts';
import { badgeOf, NeedyCount } from '../../../src/views/tree/summary.ts';
import { connected, disconnected, nowMs, snapshotsOf, spec, text } from './recorded.ts';

const here = plain`here`;
const nothing: ReadonlySet<string> = new Set();

/** What the item says from nothing, for sandboxes in this order. */
function statusText(list: readonly SandboxSnapshot[], place: PlainText, atMs: number): StatusText {
  return new StatusModel(place).update(snapshotsOf(list), { listChanged: true, changed: nothing }, atMs);
}

const allReady = {
  containerdReady: true,
  dockerReady: true,
  endpoint: plain``,
  detail: plain``,
  services: [{ name: plain`containerd`, status: plain`ready`, detail: plain`` }],
};
const ready = connected({ id: 'ready', name: plain`calm`, runtime: { value: allReady, atMs: nowMs } });

test('one sandbox: icon, name and word, with what is known and since when', () => {
  expect(statusText([connected()], here, nowMs)).toEqual({
    text: '$(warning) web: degraded · dockerd not ready',
    tooltip: [
      'web: degraded',
      `Last answer: ${timeText(nowMs - 3000, nowMs)}, after 0.4 ms`,
      'Services: 1 of 2 ready',
      'Clock: in step',
      `Up since ${timeText(nowMs - 3000 - 7_500_000, nowMs)}`,
      '',
      'Seen from here',
    ].join('\n'),
    background: 'warning',
    spoken: 'Sandlight, web: degraded · dockerd not ready',
    sandboxId: spec.id,
  });
});

test('without a sandbox there is nothing to speak of, so that the item is hidden', () => {
  expect(statusText([], here, nowMs)).toMatchObject({ background: 'none', sandboxId: undefined });
});

test('several sandboxes: how many need attention, red only when none can be reached', () => {
  const away = disconnected();
  expect(statusText([ready, connected()], here, nowMs)).toMatchObject({
    text: '$(warning) 1 of 2 needs attention · dockerd not ready',
    background: 'warning',
    sandboxId: spec.id,
  });
  expect(statusText([ready, away, connected({ id: 'other' })], here, nowMs)).toMatchObject({
    text: '$(warning) 2 of 3 need attention',
    background: 'warning',
    sandboxId: away.id,
  });
  expect(statusText([{ ...away, id: 'other' }, away], here, nowMs)).toMatchObject({
    text: '$(error) 2 of 2 need attention',
    background: 'error',
  });
  const idle = { ...initialSnapshot(spec), id: 'idle' };
  expect(statusText([away, idle], here, nowMs).background).toBe('error');
  expect(statusText([ready, { ...ready, id: 'other' }], here, nowMs)).toMatchObject({
    text: '$(pass-filled) 2 sandboxes: ready',
    background: 'none',
  });
});

test('a clock that is off asks for attention, and what all have in common is said', () => {
  const off = connected({
    ...{ id: 'off', name: plain`late`, runtime: { value: allReady, atMs: nowMs } },
    clockOffsetMs: { value: -29_879_999, atMs: nowMs },
  });
  expect(statusText([off], here, nowMs)).toMatchObject({
    text: '$(warning) late: ready · clock 8 h behind',
    background: 'warning',
  });
  expect(statusText([off], here, nowMs).tooltip).toContain('Clock: 8 h 18 min behind');
  expect(statusText([ready, off, { ...off, id: 'other' }], here, nowMs).text).toBe(
    '$(warning) 2 of 3 need attention · clock 8 h behind',
  );
});

test('this machine is amber only once it has been ready', () => {
  const local = connected({ source: 'local' });
  expect(statusText([local], here, nowMs).background).toBe('none');
  const wasReady = {
    ...local.history,
    readiness: [{ value: 'ready', atMs: nowMs, error: null, shortfall: null }] as const,
  };
  expect(statusText([{ ...local, history: wasReady }], here, nowMs).background).toBe('warning');
});

test('what is tried in vain again and again is not said anew', () => {
  const list = [disconnected()];
  const model = new StatusModel(here);
  const first = model.update(snapshotsOf(list), { listChanged: true, changed: nothing }, nowMs);
  list[0] = { ...list[0]!, connection: { ...list[0]!.connection, attempt: 9 } };
  const again = model.update(snapshotsOf(list), { listChanged: false, changed: nothing }, nowMs);
  expect(again).toBe(first);
});

test('a sandbox that nobody wants connected does not count as the worst', () => {
  expect(statusText([initialSnapshot(spec), ready], here, nowMs).sandboxId).toBe('ready');
  expect(statusText([initialSnapshot(spec)], here, nowMs).text).toBe('$(vm-outline) web: not connected');
});

test('the item spins while the runtime is ensured', () => {
  const operation = { kind: 'ensureRuntime', startedAtMs: nowMs, detail: plain`` } as const;
  expect(statusText([connected({ operation })], here, nowMs)).toMatchObject({
    text: '$(loading~spin) web: starting',
    background: 'none',
  });
});

test('a name cannot draw icons', () => {
  expect(statusText([connected({ name: plain`$(flame)` })], here, nowMs).text).toBe(
    '$(warning) $ (flame): degraded · dockerd not ready',
  );
});

test('stale knowledge is called that', () => {
  expect(statusText([disconnected()], here, nowMs).tooltip).toContain('before the connection was lost');
});

const countOf = (list: readonly SandboxSnapshot[]): number =>
  new NeedyCount().update(snapshotsOf(list), { listChanged: true, changed: nothing });

test('the badge counts sandboxes that need attention', () => {
  expect(badgeOf(countOf([connected(), disconnected(connected({ id: 'other' })), ready]))).toEqual({
    value: 2,
    tooltip: '2 sandboxes need attention',
  });
  expect(badgeOf(countOf([connected()]))?.tooltip).toBe('1 sandbox needs attention');
  expect(badgeOf(countOf([initialSnapshot(spec), ready, connected({ id: 'local', source: 'local' })]))).toBe(
    undefined,
  );
});

test('the badge counts on after changes, and looks only at what has changed', () => {
  const list = Array.from({ length: 100 }, (_, i) => connected({ id: `s${i}` }));
  const count = new NeedyCount();
  expect(count.update(snapshotsOf(list), { listChanged: true, changed: nothing })).toBe(100);
  list[7] = { ...ready, id: 's7' };
  const all = snapshotsOf(list);
  const read: string[] = [];
  const get = (id: string): SandboxSnapshot | undefined => {
    read.push(id);
    return all.get(id);
  };
  expect(count.update({ ids: () => all.ids(), get }, { listChanged: false, changed: new Set(['s7']) })).toBe(
    99,
  );
  expect(read).toEqual(['s7']);
  expect(count.update(snapshotsOf(list.slice(0, 50)), { listChanged: true, changed: nothing })).toBe(49);
});

test('the tooltip names ten sandboxes, the worst first, and counts the others', () => {
  const calm = Array.from({ length: 999 }, (_, i) => ({ ...ready, id: `s${i}`, name: text(`calm ${i}`) }));
  const list = [...calm.slice(0, 500), { ...disconnected(), name: plain`broken` }, ...calm.slice(500)];
  const { tooltip } = statusText(list, here, nowMs);
  const paragraphs = tooltip.split('\n\n');
  expect(paragraphs).toHaveLength(maxTooltipSandboxes + 2);
  expect(paragraphs[0]).toMatch(/^broken: unreachable/);
  expect(paragraphs[1]).toMatch(/^calm 0: ready/);
  expect(paragraphs.at(-2)).toBe('and 990 more');
});

test('no age is told, which would be wrong by the time it is read', () => {
  expect(statusText([connected({ id: 'other' }), disconnected()], here, nowMs).tooltip).not.toMatch(
    /\bago\b|Up for/,
  );
});

test('a change that nothing of what is said depends on makes nothing anew', () => {
  const list = Array.from({ length: 30 }, (_, i) => ({ ...ready, id: `s${i}` }));
  const model = new StatusModel(here);
  const first = model.update(snapshotsOf(list), { listChanged: true, changed: nothing }, nowMs);
  const changed = (id: string): ReadonlySet<string> => new Set([id]);
  list[20] = { ...list[20]!, roundTripMs: { value: 5, atMs: nowMs } };
  expect(model.update(snapshotsOf(list), { listChanged: false, changed: changed('s20') }, nowMs)).toBe(first);
  list[3] = { ...list[3]!, roundTripMs: { value: 5, atMs: nowMs } };
  const second = model.update(snapshotsOf(list), { listChanged: false, changed: changed('s3') }, nowMs);
  expect(second.tooltip).toContain('after 5.0 ms');
});

test('after any change it says what it would say from nothing', () => {
  const kinds = [ready, connected(), disconnected(), initialSnapshot(spec)];
  const list = Array.from({ length: 15 }, (_, i) => ({ ...ready, id: `s${i}`, name: text(`box ${i}`) }));
  const model = new StatusModel(here);
  model.update(snapshotsOf(list), { listChanged: true, changed: nothing }, nowMs);
  for (let step = 0; step < 200; step++) {
    const at = (step * 7) % list.length;
    const { id, name } = list[at]!;
    list[at] = { ...kinds[(step * 5 + at) % kinds.length]!, id, name };
    const listChanged = step % 40 === 39;
    if (listChanged) list.reverse();
    const said = model.update(snapshotsOf(list), { listChanged, changed: new Set([id]) }, nowMs);
    expect(said).toEqual(statusText(list, here, nowMs));
  }
});

test('on another day the moments of this one are said with their date', () => {
  const list = [connected()];
  const model = new StatusModel(here);
  const today = model.update(snapshotsOf(list), { listChanged: true, changed: nothing }, nowMs);
  const dayMs = 24 * 3600 * 1000;
  const then = model.update(snapshotsOf(list), { listChanged: false, changed: nothing }, nowMs + dayMs);
  expect(then).not.toBe(today);
  expect(then.tooltip).toContain(`Last answer: ${timeText(nowMs - 3000, nowMs + dayMs)}, after`);
});
