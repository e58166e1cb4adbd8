import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatEndpoint,
  parseEndpoint,
  protocols,
  type Endpoint,
  type TransportAddress,
} from '../../../src/agent/endpoint.ts';
import { AgentError } from '../../../src/agent/errors.ts';

const port = fc.integer({ min: 1, max: 65535 });
const number32 = fc.integer({ min: 0, max: 0xffff_ffff });
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !text.includes('\0'));
const path = fc
  .array(word, { minLength: 1, maxLength: 4 })
  .map((parts) => `/${parts.join('/')}`)
  .filter((text) => text !== '/');
const transports: fc.Arbitrary<TransportAddress> = fc.oneof(
  fc.record({ kind: fc.constant('unix' as const), path }),
  fc.record({
    kind: fc.constant('tcp' as const),
    host: fc.constantFrom('127.0.0.1', '::1', 'localhost'),
    port,
  }),
  fc.record({
    kind: fc.constant('tls' as const),
    host: fc.constantFrom('vm.example', '192.0.2.1', '2001:db8::1'),
    port,
  }),
  fc.record({ kind: fc.constant('hvsock' as const), path, port: number32 }),
  fc.record({ kind: fc.constant('vsock' as const), cid: number32, port: number32 }),
  fc.record({
    kind: fc.constant('exec' as const),
    argv: fc.tuple(word, word).map(([program, argument]): [string, string] => [program, argument]),
  }),
);

const agents = fc.record({
  protocol: fc.constantFrom(...protocols).filter((protocol) => protocol !== 'arcbox-daemon'),
  transport: transports,
});
const machines = fc.record({
  protocol: fc.constant('arcbox-daemon' as const),
  transport: transports,
  machine: word,
});
const endpoints: fc.Arbitrary<Endpoint> = fc.oneof(agents, machines);

test('every endpoint survives being written and read', () => {
  fc.assert(
    fc.property(endpoints, (endpoint) => {
      expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(endpoint);
    }),
  );
});

test.each([
  ['arcbox+unix:///run/agent.sock', { kind: 'unix', path: '/run/agent.sock' }],
  ['arcbox+unix:///run/with%20space', { kind: 'unix', path: '/run/with space' }],
  ['microsandbox+pipe:////./pipe/msb-agent-0a', { kind: 'pipe', path: '\\\\.\\pipe\\msb-agent-0a' }],
  ['arcbox+tcp://127.0.0.1:7000', { kind: 'tcp', host: '127.0.0.1', port: 7000 }],
  ['arcbox+tcp://[::1]:7000', { kind: 'tcp', host: '::1', port: 7000 }],
  ['arcbox-grpc+tls://host:7443', { kind: 'tls', host: 'host', port: 7443 }],
  ['arcbox+hvsock:///run/vm/v.sock?port=1024', { kind: 'hvsock', path: '/run/vm/v.sock', port: 1024 }],
  ['arcbox+vsock://3:1024', { kind: 'vsock', cid: 3, port: 1024 }],
  ['arcbox+exec:?argv=ssh&argv=vm&argv=--stdio', { kind: 'exec', argv: ['ssh', 'vm', '--stdio'] }],
])('%s is understood', (text, transport) => {
  expect(parseEndpoint(text).transport).toEqual(transport);
});

describe('what is not an endpoint is refused with a sentence that says why', () => {
  test.each([
    ['', 'expected <protocol>'],
    ['/run/agent.sock', 'expected <protocol>'],
    ['http+tcp://127.0.0.1:1', 'http is not a known protocol'],
    ['arcbox+quic://127.0.0.1:1', 'quic is not a known transport'],
    ['arcbox+unix://relative/path', 'absolute path'],
    ['arcbox+unix://', 'absolute path'],
    ['arcbox+unix:///a?port=3', 'no parameter "port"'],
    ['arcbox+unix:///a?machine=x', 'no parameter "machine"'],
    ['arcbox-daemon+unix:///a', 'machine=NAME'],
    ['arcbox-daemon+unix:///a?machine=x&machine=y', 'machine=NAME'],
    ['arcbox+unix:///a%00b', 'NUL'],
    ['arcbox+unix:///a%', 'expected <protocol>'],
    ['arcbox+tcp://127.0.0.1', 'host:port'],
    ['arcbox+tcp://127.0.0.1:0', 'from 1 to 65535'],
    ['arcbox+tcp://127.0.0.1:70000', 'from 1 to 65535'],
    ['arcbox+tcp://user@127.0.0.1:1', 'host:port'],
    ['arcbox+tcp://192.0.2.1:7000', 'only allowed to a loopback address'],
    ['arcbox+tcp://127.0.0.1.evil.example:7000', 'only allowed to a loopback address'],
    ['arcbox+hvsock:///a', '?port='],
    ['arcbox+hvsock:///a?port=1&port=2', 'more than once'],
    ['arcbox+vsock://3', 'vsock://CID:PORT'],
    ['arcbox+vsock://4294967296:1', 'the context id'],
    ['arcbox+exec:', 'argv=PROGRAM'],
    ['arcbox+exec:?argv=', 'argv=PROGRAM'],
    ['arcbox+exec:?argv=a&shell=1', 'no parameter "shell"'],
    [`arcbox+unix:///${'a'.repeat(5000)}`, 'longer than 4096'],
  ])('%s', (text, why) => {
    let caught: unknown;
    try {
      parseEndpoint(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(AgentError);
    expect(caught).toMatchObject({ code: 'invalid_endpoint' });
    expect((caught as AgentError).message).toContain(why);
  });
});
