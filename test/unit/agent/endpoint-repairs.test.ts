import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEndpoint, parseEndpoint } from '../../../src/agent/endpoint.ts';
import { maxRepairableLength, maxRepairs, repairsOf } from '../../../src/agent/endpoint-repairs.ts';

const ssh = (...words: string[]): string =>
  `arcbox+exec:?${['ssh', ...words].map((word) => `argv=${encodeURIComponent(word)}`).join('&')}`;

test.each([
  // Without a transport, a protocol, both.
  ['arcbox:///run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['unix:///run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['/run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['ssh://dev', ssh('dev', 'sandlight', 'agent', '--stdio')],
  ['ssh://me@dev:2222', ssh('-p', '2222', 'me@dev', 'sandlight', 'agent', '--stdio')],
  ['ssh://dev/run/a.sock', ssh('dev', 'socat', '-', 'UNIX-CONNECT:/run/a.sock')],
  // Slashes.
  ['arcbox+unix://run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['arcbox+unix:run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['arcbox+unix/run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['arcbox://run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['arcbox+tcp:127.0.0.1:7000', 'arcbox+tcp://127.0.0.1:7000'],
  ['arcbox+tcp:///localhost:7000/', 'arcbox+tcp://localhost:7000'],
  ['microsandbox+pipe://./pipe/msb-1', 'microsandbox+pipe:////./pipe/msb-1'],
  ['\\\\.\\pipe\\msb-1', 'microsandbox+pipe:////./pipe/msb-1'],
  // Signs and letters.
  ['arcbox-unix:///run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['arcbx+unix:///run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['arcbox+unx:///run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['ARCBOX+UNIX:///run/X.sock', 'arcbox+unix:///run/X.sock'],
  ['  "arcbox+unix:///run/x.sock",', 'arcbox+unix:///run/x.sock'],
  // Other words.
  ['ttrpc+unix:///run/x.sock', 'arcbox-ttrpc+unix:///run/x.sock'],
  ['msb+unix:///run/x.sock', 'microsandbox+unix:///run/x.sock'],
  ['file:///run/x.sock', 'arcbox+unix:///run/x.sock'],
  ['https://host:7443/', 'arcbox-grpc+tls://host:7443'],
  ['http://localhost:7000', 'arcbox+tcp://localhost:7000'],
  ['localhost:7000', 'arcbox+tcp://localhost:7000'],
  ['build.example:7443', 'arcbox-grpc+tls://build.example:7443'],
  ['vsock://3:1024', 'arcbox+vsock://3:1024'],
  [
    'docker://web',
    'arcbox+exec:?argv=docker&argv=exec&argv=-i&argv=web&argv=sandlight&argv=agent&argv=--stdio',
  ],
  ['docker exec -i web agent', 'arcbox+exec:?argv=docker&argv=exec&argv=-i&argv=web&argv=agent'],
  // Plain TCP leads to this machine alone.
  ['arcbox+tcp://10.0.0.5:7000', 'arcbox+tls://10.0.0.5:7000'],
])('%s is repaired', (text, repaired) => {
  expect(repairsOf(text)[0]).toBe(repaired);
});

test('what a path may speak is offered likeliest first', () => {
  expect(repairsOf('/run/microsandbox/agent.sock')[0]).toBe(
    'microsandbox+unix:///run/microsandbox/agent.sock',
  );
  expect(repairsOf('/run/agent.sock')).toEqual([
    'arcbox+unix:///run/agent.sock',
    'microsandbox+unix:///run/agent.sock',
    'arcbox-ttrpc+unix:///run/agent.sock',
    'arcbox-grpc+unix:///run/agent.sock',
  ]);
});

test('a tilde stands for the home folder', () => {
  expect(repairsOf('~/a.sock', '/home/me')[0]).toBe('arcbox+unix:///home/me/a.sock');
});

test.each([
  '',
  '   ',
  'nonsense',
  'arcbox',
  'arcbox+',
  'arcbox+unix:',
  'x:',
  'ssh \ud800',
  'ssh://-oProxyCommand=x',
  'arcbox+unix:///run/x.sock',
])('nothing is offered for %j', (text) => {
  expect(repairsOf(text)).toEqual([]);
});

test('a long text is not looked at', () => {
  expect(repairsOf(`/${'x'.repeat(maxRepairableLength - 1)}`)).not.toEqual([]);
  expect(repairsOf(`/${'x'.repeat(maxRepairableLength)}`)).toEqual([]);
});

test('whatever is offered is an endpoint in its canonical form, and there are few of them', () => {
  const part = fc.constantFrom(
    ...[
      'arcbox',
      '+',
      'unix',
      'tcp',
      'ssh',
      ':',
      '//',
      '/',
      'run',
      '.sock',
      'localhost',
      '7000',
      '?',
      '%',
      ' ',
      '~',
      '\\',
    ],
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const repairs = repairsOf(text, '/home/me');
      expect(repairs.length).toBeLessThanOrEqual(maxRepairs);
      for (const repair of repairs) expect(formatEndpoint(parseEndpoint(repair))).toBe(repair);
    }),
  );
});
