import { expect, test } from 'vitest';
import { ipAddress } from '../../../src/base/ip-address.ts';
import { plain, plainText } from '../../../src/base/text.ts';
import { guessScheme, reachableAddress } from '../../../src/views/port-address.ts';
import {
  bareWords,
  diagnosticsText,
  type DiagnosticsEnvironment,
} from '../../../src/commands/diagnostics-text.ts';
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
  const address = (hostIp: string): string =>
    reachableAddress({ hostIp: ipAddress(hostIp)!, hostPort: 8080 });
  expect(['0.0.0.0', '::', '127.0.0.1', '::1', ''].map(address)).toEqual(Array(5).fill('localhost:8080'));
  expect(address('10.0.0.7')).toBe('10.0.0.7:8080');
  expect(address('fd00::7')).toBe('[fd00::7]:8080');
});

const noCalls = { outcomes: [], failures: [] };

const environment: DiagnosticsEnvironment = {
  extensionVersion: '0.1.0',
  editor: 'VS Code 1.105.0',
  nodeVersion: 'v22',
  platform: 'linux x64',
  extensionHost: 'workspace',
  remoteName: 'none',
  settings: { 'sandlight.localAgent.autoStart': true },
  localAgent: 'running',
};

test('diagnostics name states and codes, and hold no name, endpoint, guest text or path', () => {
  const timedOut = { atMs: nowMs, call: 'ping', outcome: 'timeout', elapsedMs: 5000 } as const;
  const text = diagnosticsText(environment, [connected({ name: plain`top-secret` }), disconnected()], {
    outcomes: [timedOut],
    failures: [{ latest: timedOut, times: 3 }],
  });
  expect(text).toContain('- 2026-01-02T03:04:05.000Z ping: timeout after 5000.0 ms\n');
  expect(text).toContain('- 2026-01-02T03:04:05.000Z ping: timeout after 5000.0 ms, 3 times in all\n');
  expect(text).toContain('- sandlight.localAgent.autoStart: true');
  expect(text).toContain('- last error: unreachable');
  expect(text).toContain('- transport: unix');
  expect(text).not.toMatch(/top-secret|agent\.sock|socket reachable|10\.0\.0\.2|containerd/);
});

test('nothing that a guest says of itself is markup in diagnostics', () => {
  const hostile = [
    '](javascript:alert(1))',
    '`code` ``` <img src=x onerror=alert(1)>',
    '| a | b |',
    '[x](command:y) ![i](https://evil.example/i.png)',
    '@someone #12 owner/repo#3 https://evil.example',
    '**bold** _it_ ~~no~~ \\* &lt;',
    '1.0\n# heading\n- item',
  ];
  for (const version of hostile) {
    const agent = { version: plainText(version, 100) };
    const lines = diagnosticsText(environment, [connected({ agent })], noCalls).split('\n');
    const line = lines.find((candidate) => candidate.startsWith('- agent version: '));
    expect(line?.slice('- agent version: '.length)).toMatch(/^[0-9A-Za-z.+ ?-]*$/);
    expect(lines).toHaveLength(diagnosticsText(environment, [connected()], noCalls).split('\n').length);
  }
});

test('what is left of a version is the version, of bounded length', () => {
  expect(bareWords('0.4.0-rc.1+build 7')).toBe('0.4.0-rc.1+build 7');
  expect(bareWords('x'.repeat(10_000))).toHaveLength(60);
});
