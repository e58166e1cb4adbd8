import { expect, test } from 'vitest';
import { AgentError } from '../../../src/agent/errors.ts';
import type { Capability } from '../../../src/agent/session.ts';
import { plain, plainText } from '../../../src/base/text.ts';
import type { ConnectionState } from '../../../src/sandboxes/model/connection.ts';
import { judgeReadiness } from '../../../src/sandboxes/model/readiness.ts';

const open: ConnectionState = { phase: 'open', attempt: 1, failures: 0, sinceMs: 100 };
const gone = new AgentError('unreachable', plain`gone`);

function judge(
  services: Record<string, string>,
  options: { connection?: ConnectionState; atMs?: number } = {},
): string {
  const status = (name: string): boolean => services[name] === 'ready';
  return judgeReadiness({
    connection: options.connection ?? open,
    capabilities: new Set<Capability>(['runtime_status']),
    operation: null,
    runtime: {
      atMs: options.atMs ?? 200,
      value: {
        containerdReady: status('containerd'),
        dockerReady: status('dockerd'),
        endpoint: plain``,
        detail: plain``,
        services: Object.entries(services).map(([name, word]) => ({
          name: plainText(name, 50),
          status: plainText(word, 50),
          detail: plain``,
        })),
      },
    },
  });
}

const allReady = { containerd: 'ready', dockerd: 'ready' };

test.each([
  [allReady, 'ready'],
  [{ ...allReady, runc: 'error' }, 'degraded'],
  [{ containerd: 'ready', dockerd: 'not_ready' }, 'degraded'],
  [{ containerd: 'not_ready', dockerd: 'error' }, 'not_ready'],
  [{ containerd: 'not_ready', dockerd: 'error', runc: 'ready' }, 'not_ready'],
  [{ containerd: 'ready', dockerd: 'starting' }, 'starting'],
  [{ containerd: 'ready', dockerd: 'a word of tomorrow' }, 'degraded'],
])('services %j make %s', (services, word) => {
  expect(judge(services)).toBe(word);
});

test('what an earlier connection told counts for nothing', () => {
  expect(judge(allReady, { atMs: 99 })).toBe('unknown');
  expect(judge(allReady, { atMs: 100 })).toBe('ready');
});

test.each<[ConnectionState, string]>([
  [{ phase: 'idle', attempt: 0, isWanted: false, mayAnswer: true }, 'unknown'],
  [{ phase: 'connecting', attempt: 1, failures: 0, lastError: null }, 'unknown'],
  [{ phase: 'connecting', attempt: 2, failures: 1, lastError: gone }, 'unreachable'],
  [{ phase: 'backoff', attempt: 2, failures: 2, retryAtMs: 5, lastError: gone }, 'unreachable'],
  [{ phase: 'failed', attempt: 1, failures: 1, retryAtMs: 5, lastError: gone }, 'unreachable'],
])('a connection in state %j is never ready', (connection, word) => {
  expect(judge(allReady, { connection })).toBe(word);
});

test('an agent without a container runtime is ready when it answers', () => {
  expect(judgeReadiness({ connection: open, capabilities: new Set(), runtime: null, operation: null })).toBe(
    'ready',
  );
});

test('an agent that has not told of its container runtime yet is unknown', () => {
  const capabilities = new Set<Capability>(['runtime_status']);
  expect(judgeReadiness({ connection: open, capabilities, runtime: null, operation: null })).toBe('unknown');
});
