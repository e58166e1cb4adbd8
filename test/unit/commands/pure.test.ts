import { expect, test } from 'vitest';
import { guessScheme, reachableAddress } from '../../../src/commands/port-address.ts';
import { diagnosticsText } from '../../../src/commands/diagnostics-text.ts';
import { binding, connected, disconnected, nowMs } from '../views/recorded.ts';

test('the scheme is guessed from the container port, and not where it is unclear', () => {
  expect([80, 8080, 443, 8443, 5432].map((port) => guessScheme(binding(port, 49152)))).toEqual([
    'http',
    'http',
    'https',
    'https',
    undefined,
  ]);
});

test('wildcard and loopback bindings are reached by localhost, others by their address', () => {
  const address = (hostIp: string): string => reachableAddress(binding(80, 8080, hostIp));
  expect(['0.0.0.0', '::', '127.0.0.1', '::1', ''].map(address)).toEqual(Array(5).fill('localhost:8080'));
  expect(address('10.0.0.7')).toBe('10.0.0.7:8080');
  expect(address('fd00::7')).toBe('[fd00::7]:8080');
});

test('diagnostics name states and codes, and hold no name, endpoint, guest text or path', () => {
  const text = diagnosticsText(
    {
      extensionVersion: '0.1.0',
      editor: 'VS Code 1.105.0',
      nodeVersion: 'v22',
      platform: 'linux x64',
      extensionHost: 'workspace',
      remoteName: 'none',
      settings: { 'sandlight.localAgent.autoStart': true },
      localAgent: 'running',
    },
    [connected({ name: 'top-secret' }), disconnected()],
    [{ atMs: nowMs, call: 'ping', outcome: 'timeout', elapsedMs: 5000 }],
  );
  expect(text).toContain('- 2026-01-02T03:04:05.000Z ping: timeout after 5000.0 ms');
  expect(text).toContain('- sandlight.localAgent.autoStart: true');
  expect(text).toContain('- last error: unreachable');
  expect(text).toContain('- transport: unix');
  expect(text).not.toMatch(/top-secret|agent\.sock|socket reachable|10\.0\.0\.2|containerd/);
});
