import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatEndpoint,
  isLoopbackHost,
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
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.constantFrom(
    'vm.example',
    'localhost',
    'my_vm',
    'VM-1',
    'vm.example.',
    '::',
    '2001:db8::1',
    '::ffff:7f00:1',
  ),
);
const transports: fc.Arbitrary<TransportAddress> = fc.oneof(
  fc.record({ kind: fc.constant('unix' as const), path }),
  fc.record({
    kind: fc.constant('pipe' as const),
    path: word.filter((name) => !/[/\\]/.test(name)).map((name) => `\\\\.\\pipe\\${name}`),
  }),
  fc.record({
    kind: fc.constant('tcp' as const),
    host: fc.constantFrom('127.0.0.1', '127.255.0.9', '::1', 'localhost'),
    port,
  }),
  fc.record({ kind: fc.constant('tls' as const), host, port }),
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

/** What breaks parsers, and the pieces that endpoints are made of. */
const pieces = fc.oneof(
  fc.constantFrom(
    '//',
    '/',
    '?',
    '&',
    '#',
    ':',
    '@',
    '[',
    ']',
    '%',
    '%00',
    '%2F',
    '%3F',
    '%25',
    '%ff',
    '+',
    '=',
  ),
  fc.constantFrom('\0', '\ud800', '\udc00', '\n', '\u202e', 'ü', '容', '.', '..', '0', '-', '%20', ' '),
  fc.constantFrom('localhost', '127.0.0.1', ':7000', 'argv=', '&argv=a', 'port=1', '&machine=m'),
  fc.string({ unit: 'binary', maxLength: 5 }),
);

/** Endpoints with something wrong, or odd, in them. */
const nearEndpoints = fc
  .tuple(endpoints, fc.nat(), fc.nat({ max: 2 }), pieces)
  .map(([endpoint, position, removed, piece]) => {
    const form: string = formatEndpoint(endpoint);
    const start = position % (form.length + 1);
    return form.slice(0, start) + piece + form.slice(start + removed);
  });

test('what is accepted has one form, without NUL, and what is not is refused with an error of ours', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(nearEndpoints, nearEndpoints, fc.string({ unit: 'binary' })), (text) => {
      let endpoint: Endpoint;
      try {
        endpoint = parseEndpoint(text);
      } catch (error) {
        expect(error).toBeInstanceOf(AgentError);
        expect(error).toMatchObject({ code: 'invalid_endpoint' });
        return;
      }
      accepted++;
      expect(JSON.stringify(endpoint)).not.toContain('\\u0000');
      const form = formatEndpoint(endpoint);
      expect(form).toMatch(/^[!-~]+$/);
      expect(parseEndpoint(form)).toEqual(endpoint);
      expect(formatEndpoint(parseEndpoint(form))).toBe(form);
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(300);
});

test('whatever an endpoint is made of can be written down', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const odd = fc.oneof(text, fc.constantFrom('\ud800', 'a\udc00b', '\u202e', 'a/b?c#d%2F'));
  fc.assert(
    fc.property(odd, odd, (first, second) => {
      const tls = { kind: 'tls', host: first, port: 1 } as const;
      const exec = { kind: 'exec', argv: [first, second] } as const;
      for (const transport of [{ kind: 'unix', path: first } as const, tls, exec])
        expect(formatEndpoint({ protocol: 'arcbox-daemon', transport, machine: second })).toMatch(/^[!-~]+$/);
    }),
  );
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['127.1.1.999', false],
  ['127.1', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['128.0.0.1', false],
  ['', false],
  ['*', false],
])('%s is on this machine: %s', (name, isLocal) => {
  expect(isLoopbackHost(name)).toBe(isLocal);
});

test.each([
  ['arcbox+unix:///run/agent.sock', { kind: 'unix', path: '/run/agent.sock' }],
  ['arcbox+unix:///run/with%20space', { kind: 'unix', path: '/run/with space' }],
  ['microsandbox+pipe:////./pipe/msb-agent-0a', { kind: 'pipe', path: '\\\\.\\pipe\\msb-agent-0a' }],
  ['arcbox+tcp://127.0.0.1:7000', { kind: 'tcp', host: '127.0.0.1', port: 7000 }],
  ['arcbox+tcp://[::1]:7000', { kind: 'tcp', host: '::1', port: 7000 }],
  ['arcbox+tls://[2001:DB8:0:0:0:0:0:1]:7443', { kind: 'tls', host: '2001:db8::1', port: 7443 }],
  ['arcbox+tls://bücher.example:7443', { kind: 'tls', host: 'xn--bcher-kva.example', port: 7443 }],
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
    ['arcbox+unix:x.sock', 'write an absolute path after ://, as in arcbox+unix:///run/agent.sock'],
    ['arcbox+hvsock:v.sock?port=1', 'write an absolute path after ://'],
    ['microsandbox+pipe:////./pipe/a%00b', 'NUL'],
    ['arcbox+exec:?argv=a%00b', 'NUL'],
    ['arcbox-daemon+unix:///a?machine=b%00', 'NUL'],
    ['arcbox+unix:///a\ud800', 'half of a character'],
    [`arcbox+unix:///${'容'.repeat(500)}`, 'longer than 4096'],
    ['arcbox+tcp://127.1.1.999:7000', 'neither a host name nor an IP address'],
    ['arcbox+tcp://127.1:7000', 'neither a host name nor an IP address'],
    ['arcbox+tls://0x7f.1:7000', 'neither a host name nor an IP address'],
    ['arcbox+tls://a%2Fb:7443', 'neither a host name nor an IP address'],
    ['arcbox+tls://a%3Fb:7443', 'neither a host name nor an IP address'],
    ['arcbox+tls://a%25b:7443', 'neither a host name nor an IP address'],
    ['arcbox+tls://a%20b:7443', 'neither a host name nor an IP address'],
    ['arcbox+tls://-a:7443', 'neither a host name nor an IP address'],
    ['arcbox+tls://a..b:7443', 'neither a host name nor an IP address'],
    ['arcbox+tls://*:7443', 'neither a host name nor an IP address'],
    [`arcbox+tls://${'a.'.repeat(130)}a:7443`, 'neither a host name nor an IP address'],
    ['arcbox+tls://[::1%25eth0]:7443', 'not an IPv6 address'],
    ['arcbox+tls://[127.0.0.1]:7443', 'not an IPv6 address'],
    ['arcbox+tls://[]:7443', 'not an IPv6 address'],
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
