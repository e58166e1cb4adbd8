import { expect, test } from 'vitest';
import { initialSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { statusText } from '../../../src/views/status-text.ts';
import { badgeOf } from '../../../src/views/tree/summary.ts';
import { connected, disconnected, nowMs, spec } from './recorded.ts';

const allReady = {
  containerdReady: true,
  dockerReady: true,
  endpoint: '',
  detail: '',
  services: [{ name: 'containerd', status: 'ready', detail: '' }],
};
const ready = connected({ id: 'ready', name: 'calm', runtime: { value: allReady, atMs: nowMs } });

test('one sandbox: icon, name and word, with what is known and how old it is', () => {
  expect(statusText([connected()], 'here', nowMs)).toEqual({
    text: '$(warning) web: degraded',
    tooltip: [
      'web: degraded',
      'Last answer: 3 s ago, after 0.4 ms',
      'Services: 1 of 2 ready',
      'Clock: in step',
      'Up for 2 h 5 min',
      '',
      'Seen from here',
    ].join('\n'),
    background: 'warning',
    spoken: 'Sandlight, web: degraded',
    sandboxId: spec.id,
  });
});

test('no sandbox is said in words', () => {
  expect(statusText([], 'here', nowMs)).toMatchObject({
    text: '$(vm) Sandlight: no sandbox',
    background: 'none',
  });
});

test('several sandboxes: the worst of them and how many share its state', () => {
  expect(statusText([ready, connected()], 'here', nowMs).text).toBe('$(warning) web: degraded (1 of 2)');
  expect(statusText([ready, disconnected(), connected()], 'here', nowMs)).toMatchObject({
    text: '$(error) web: unreachable (1 of 3)',
    background: 'error',
  });
  expect(statusText([ready, { ...ready, id: 'other' }], 'here', nowMs)).toMatchObject({
    text: '$(pass-filled) 2 sandboxes: ready',
    background: 'none',
  });
});

test('a sandbox that nobody wants connected does not count as the worst', () => {
  expect(statusText([initialSnapshot(spec), ready], 'here', nowMs).sandboxId).toBe('ready');
  expect(statusText([initialSnapshot(spec)], 'here', nowMs).text).toBe(
    '$(debug-disconnect) web: not connected',
  );
});

test('the item spins while the runtime is ensured', () => {
  const operation = { kind: 'ensureRuntime', startedAtMs: nowMs, detail: '' } as const;
  expect(statusText([connected({ operation })], 'here', nowMs)).toMatchObject({
    text: '$(loading~spin) web: starting',
    background: 'none',
  });
});

test('a name cannot draw icons', () => {
  expect(statusText([connected({ name: '$(flame)' })], 'here', nowMs).text).toBe(
    '$(warning) $ (flame): degraded',
  );
});

test('stale knowledge is called that', () => {
  expect(statusText([disconnected()], 'here', nowMs).tooltip).toContain('before the connection was lost');
});

test('the badge counts services that are not ready, in connected sandboxes only', () => {
  expect(badgeOf([connected(), connected({ id: 'other' })])).toEqual({
    value: 2,
    tooltip: '2 services are not ready',
  });
  expect(badgeOf([connected()])?.tooltip).toBe('1 service is not ready');
  expect(badgeOf([disconnected(), ready])).toBeUndefined();
});
