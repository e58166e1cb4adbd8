import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/agent/endpoint.ts';
import { AgentError } from '../../../src/agent/errors.ts';
import { plain } from '../../../src/base/text.ts';
import { initialSnapshot, type SandboxSnapshot } from '../../../src/sandboxes/model/snapshot.ts';
import { sandboxAppearance } from '../../../src/views/appearance.ts';
import { attentionOf, sandboxIcon } from '../../../src/views/attention.ts';
import { timeText } from '../../../src/views/quantities.ts';
import { shortFailure } from '../../../src/views/reasons.ts';
import { sandboxTooltip } from '../../../src/views/tree/sandbox-tooltip.ts';
import { connected, connecting, disconnected, lost, nowMs, spec, text } from './recorded.ts';

const allReady = {
  value: {
    ...{ containerdReady: true, dockerReady: true, endpoint: plain``, detail: plain`` },
    services: [{ name: plain`dockerd`, status: plain`ready`, detail: plain`` }],
  },
  atMs: nowMs,
};
const behind = { value: -29_880_000, atMs: nowMs };
const stopped = { state: 'stopped', ports: [] } as const;
const iconOf = (snapshot: SandboxSnapshot): unknown => sandboxIcon(snapshot, attentionOf(snapshot));

test('a ready sandbox with the right time asks for nothing', () => {
  expect(attentionOf(connected({ runtime: allReady }))).toEqual({ level: 'none', reason: '' });
});

test('a clock that is off is a warning though everything is ready', () => {
  const dev = connected({ runtime: allReady, clockOffsetMs: behind });
  expect(attentionOf(dev)).toEqual({ level: 'warning', reason: 'clock 8 h behind' });
  expect(sandboxAppearance(dev).word).toBe('ready');
  expect(iconOf(dev)).toEqual({ id: 'warning', color: 'list.warningForeground' });
  const ahead = connected({ runtime: allReady, clockOffsetMs: { value: 90_000, atMs: nowMs } });
  expect(attentionOf(ahead).reason).toBe('clock 1 min ahead');
});

test('drift that its owner wants, or that a lost connection once told, asks for nothing', () => {
  const free = { state: 'running', ports: null, isClockFree: true } as const;
  const wanted = connected({ runtime: allReady, clockOffsetMs: behind, discovered: free });
  expect(attentionOf(wanted)).toEqual({ level: 'none', reason: '' });
  const gone = disconnected(connected({ runtime: allReady, clockOffsetMs: behind }));
  expect(attentionOf(gone).reason).not.toContain('clock');
});

test('a service that is not ready is named, several up to two, and the others are counted', () => {
  expect(attentionOf(connected())).toEqual({ level: 'warning', reason: 'dockerd not ready' });
  const services = ['a', 'b', 'c', 'd'].map((name) => ({
    ...{ name: text(name), status: plain`failed`, detail: plain`` },
  }));
  const many = connected({ runtime: { value: { ...allReady.value, services }, atMs: nowMs } });
  expect(attentionOf(many).reason).toBe('a failed, b failed, 2 more');
  const both = connected({ clockOffsetMs: behind });
  expect(attentionOf(both).reason).toBe('dockerd not ready · clock 8 h behind');
});

test('a runtime without services names what is missing', () => {
  const value = { ...allReady.value, services: [], dockerReady: false };
  expect(attentionOf(connected({ runtime: { value, atMs: nowMs } })).reason).toBe('Docker not ready');
});

test("Sandlight's own agent asks for nothing on a machine where no container stack ever was ready", () => {
  const bare = connected({ source: 'local' });
  expect(attentionOf(bare)).toEqual({ level: 'none', reason: 'dockerd not ready' });
  expect(iconOf(bare)).toMatchObject({ color: 'disabledForeground' });
  const wasReady = { value: 'ready', atMs: nowMs, error: null, shortfall: null } as const;
  const history = { ...bare.history, readiness: [wasReady] };
  expect(attentionOf({ ...bare, history }).level).toBe('warning');
});

test('what cannot be reached is an error, with the reason and the next try', () => {
  const reason = `no socket at /run/agent.sock · next try ${timeText(nowMs + 500)}`;
  expect(attentionOf(disconnected())).toEqual({ level: 'error', reason });
  const trying = { ...disconnected(), connection: { ...connecting, lastError: lost } };
  expect(attentionOf(trying)).toEqual({ level: 'error', reason: 'no socket at /run/agent.sock' });
});

test('what its own tool has stopped asks for nothing, even while a connection to it still fails', () => {
  const closing = { ...disconnected(), discovered: stopped };
  expect(attentionOf(closing)).toEqual({ level: 'none', reason: '' });
  expect(sandboxAppearance(closing)).toMatchObject({ word: 'stopped' });
  expect(iconOf({ ...initialSnapshot(spec), discovered: stopped })).toMatchObject({
    color: 'disabledForeground',
  });
});

test('failures with a known cause are said in a few words, others in their own', () => {
  const failure = (endpoint: string, code: string): string => {
    const cause = Object.assign(new Error(code), { code });
    const error = new AgentError('unreachable', plain`Something failed.`, { cause });
    return shortFailure(error.about(plain`anything`), parseEndpoint(endpoint));
  };
  expect(failure('arcbox+unix:///run/a.sock', 'ECONNREFUSED')).toBe('nothing listens at /run/a.sock');
  expect(failure('arcbox+unix:///run/a.sock', 'EACCES')).toBe('no permission for /run/a.sock');
  expect(failure('arcbox+tls://build.example:443', 'ENOTFOUND')).toBe('unknown host build.example:443');
  expect(failure('arcbox+tcp://[::1]:8000', 'EHOSTUNREACH')).toBe('no route to [::1]:8000');
  expect(failure('arcbox+exec:?argv=ssh&argv=box', 'ENOENT')).toBe('no program ssh');
  expect(shortFailure(lost, spec.endpoint)).toBe('no socket at /run/agent.sock');
  const slow = new AgentError('timeout', plain`The connection was not accepted within 5000 ms.`);
  expect(shortFailure(slow, spec.endpoint)).toBe('no answer in time');
  const odd = new AgentError('handshake_failed', plain`What answers does not speak gRPC.`);
  expect(shortFailure(odd.about(plain`arcbox+unix:///run/agent.sock`), spec.endpoint)).toBe(odd.message);
});

test('the tooltip tells state, kind and version, facts, and last the place and the endpoint', () => {
  expect(sandboxTooltip(connected({ clockOffsetMs: behind }), plain`here`, nowMs).split('\n')).toEqual([
    'web: degraded · dockerd not ready · clock 8 h behind',
    'ArcBox agent 0.4.0',
    `Last answer: ${timeText(nowMs - 3000, nowMs)}, after 0.4 ms`,
    'Services: 1 of 2 ready',
    'Clock: 8 h 18 min behind',
    `Up since ${timeText(nowMs - 3000 - 7_500_000, nowMs)}`,
    'Seen from here',
    'arcbox+unix:///run/agent.sock',
  ]);
});
