import * as l10n from '../base/l10n.ts';
import { AgentError } from './errors.ts';

/** What is spoken on the stream. */
export const protocols = [
  'arcbox',
  'arcbox-ttrpc',
  'arcbox-grpc',
  'microsandbox',
  'microsandbox-direct',
  /** gRPC to ArcBox's daemon, which stands between its clients and the agents of its machines. */
  'arcbox-daemon',
] as const;

/** One of {@link protocols}. */
export type Protocol = (typeof protocols)[number];

/** How the stream is reached. */
export type TransportAddress =
  /** A Unix domain socket at an absolute path. */
  | { readonly kind: 'unix'; readonly path: string }
  /** A Windows named pipe, as `\\.\pipe\name`. */
  | { readonly kind: 'pipe'; readonly path: string }
  /** Plain TCP; the host is a loopback address. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** TCP under TLS; certificates come from settings or flags, never from the endpoint. */
  | { readonly kind: 'tls'; readonly host: string; readonly port: number }
  /** The Unix socket of a VMM that multiplexes vsock ports (Firecracker, Cloud Hypervisor). */
  | { readonly kind: 'hvsock'; readonly path: string; readonly port: number }
  /** AF_VSOCK, through a helper program. */
  | { readonly kind: 'vsock'; readonly cid: number; readonly port: number }
  /** Standard input and output of a program, started without a shell. */
  | { readonly kind: 'exec'; readonly argv: readonly [string, ...string[]] };

/** How to reach one guest agent. */
export interface Endpoint {
  readonly protocol: Protocol;
  readonly transport: TransportAddress;
  /** Which machine of the daemon; present with the protocol `arcbox-daemon`, and only there. */
  readonly machine?: string;
}

const maxEndpointLength = 4096;
const maxMachineLength = 128;
const maxUint32 = 0xffff_ffff;

/**
 * Parses the text of an endpoint.
 *
 * @throws AgentError `invalid_endpoint` with a sentence that quotes the text and says what was expected.
 */
export function parseEndpoint(text: string): Endpoint {
  try {
    if (text.length > maxEndpointLength)
      refuse(l10n.t('it is longer than {0} characters', maxEndpointLength));
    const scheme = /^([a-z][a-z0-9-]*)\+([a-z]+):(.*)$/s.exec(text);
    const url = parseUrl(scheme?.[3] ?? '');
    if (scheme === null || url === undefined) return refuse(forms());
    const protocol = protocols.find((name) => name === scheme[1]);
    if (protocol === undefined)
      return refuse(l10n.t('{0} is not a known protocol; {1}', scheme[1] ?? '', forms()));
    const kind = scheme[2] ?? '';
    if (!Object.hasOwn(parsers, kind))
      return refuse(l10n.t('{0} is not a known transport; {1}', kind, forms()));
    const machine = protocol === 'arcbox-daemon' ? takeMachine(url) : undefined;
    const transport = parsers[kind as TransportAddress['kind']](url);
    return { protocol, transport, ...(machine !== undefined && { machine }) };
  } catch (error) {
    if (!(error instanceof NotAnEndpoint)) throw error;
    const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
    throw new AgentError(
      'invalid_endpoint',
      l10n.t('{0} is not an endpoint: {1}.', JSON.stringify(shown), error.message),
    );
  }
}

class NotAnEndpoint extends Error {}

function refuse(why: string): never {
  throw new NotAnEndpoint(why);
}

/** What follows `scheme:`, percent escapes undone. */
interface UrlParts {
  readonly authority: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

const parsers: {
  readonly [Kind in TransportAddress['kind']]: (url: UrlParts) => Extract<TransportAddress, { kind: Kind }>;
} = {
  unix: (url) => {
    expectParameters(url);
    return { kind: 'unix', path: absolutePath(url) };
  },
  pipe: (url) => {
    expectParameters(url);
    const name = /^\/\/\.\/pipe\/([^/\\]+)$/.exec(url.path)?.[1];
    if (url.authority !== '' || name === undefined)
      return refuse(l10n.t('write {0}', 'pipe:////./pipe/NAME'));
    return { kind: 'pipe', path: `${pipePrefix}${name}` };
  },
  tcp: (url) => {
    expectParameters(url);
    const { host, port } = hostAndPort(url);
    if (!isLoopback(host)) {
      refuse(
        l10n.t(
          'plain TCP is only allowed to a loopback address, and {0} is none; use +tls, or +exec with ssh',
          host,
        ),
      );
    }
    return { kind: 'tcp', host, port };
  },
  tls: (url) => {
    expectParameters(url);
    return { kind: 'tls', ...hostAndPort(url) };
  },
  hvsock: (url) => {
    expectParameters(url, 'port');
    return {
      kind: 'hvsock',
      path: absolutePath(url),
      port: uint(url.query.get('port') ?? '', parameterRange),
    };
  },
  vsock: (url) => {
    expectParameters(url);
    const [, cid, port] = /^(\d+):(\d+)$/.exec(url.authority) ?? [];
    if (cid === undefined || port === undefined || !isRoot(url.path))
      return refuse(l10n.t('write {0}', 'vsock://CID:PORT'));
    return { kind: 'vsock', cid: uint(cid, contextIdRange), port: uint(port, portRange) };
  },
  exec: (url) => {
    expectParameters(url, 'argv');
    const [program = '', ...args] = url.query.getAll('argv');
    if (url.authority !== '' || url.path !== '' || program === '') {
      refuse(l10n.t('write {0}', 'exec:?argv=PROGRAM&argv=ARGUMENT...'));
    }
    if (program.includes('\0') || args.some((arg) => arg.includes('\0'))) {
      refuse(l10n.t('an argument contains a NUL character'));
    }
    return { kind: 'exec', argv: [program, ...args] };
  },
};

const pipePrefix = '\\\\.\\pipe\\';

function forms(): string {
  return l10n.t(
    'expected <protocol>+<transport>://..., with a protocol of {0} and a transport of {1}; for example {2}',
    protocols.join(', '),
    Object.keys(parsers).join(', '),
    'arcbox+unix:///run/agent.sock',
  );
}

function parseUrl(text: string): UrlParts | undefined {
  const match = /^(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/.exec(text);
  if (match === null) return undefined;
  try {
    return {
      authority: decodeURIComponent(match[1] ?? ''),
      path: decodeURIComponent(match[2] ?? ''),
      query: new URLSearchParams(match[3] ?? ''),
    };
  } catch {
    // A percent sign that escapes nothing.
    return undefined;
  }
}

/** Takes the daemon's machine out of the parameters. */
function takeMachine({ query }: UrlParts): string {
  const [machine = '', ...more] = query.getAll('machine');
  if (machine === '' || machine.length > maxMachineLength || more.length > 0) {
    refuse(l10n.t('name one machine of the daemon with machine=NAME'));
  }
  query.delete('machine');
  return machine;
}

/** Refuses every parameter but `names`, and repetitions of all but `argv`. */
function expectParameters({ query }: UrlParts, ...names: string[]): void {
  for (const name of new Set(query.keys())) {
    if (!names.includes(name)) refuse(l10n.t('it takes no parameter {0}', JSON.stringify(name)));
    if (name !== 'argv' && query.getAll(name).length > 1) refuse(l10n.t('{0} is given more than once', name));
  }
}

function absolutePath({ authority, path }: UrlParts): string {
  if (authority !== '' || isRoot(path)) refuse(l10n.t('write an absolute path after ://'));
  if (path.includes('\0')) refuse(l10n.t('the path contains a NUL character'));
  return path;
}

function hostAndPort({ authority, path }: UrlParts): { host: string; port: number } {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]@]+):(\d+)$/.exec(authority) ?? [];
  if (host === undefined || port === undefined || !isRoot(path))
    return refuse(l10n.t('write host:port after ://'));
  return { host: host.replace(/^\[|\]$/g, ''), port: uint(port, portRange, 1, 65535) };
}

function isRoot(path: string): boolean {
  return path === '' || path === '/';
}

type DescribeRange = (min: number, max: number) => string;

const portRange: DescribeRange = (min, max) => l10n.t('the port must be a number from {0} to {1}', min, max);
const contextIdRange: DescribeRange = (min, max) =>
  l10n.t('the context id must be a number from {0} to {1}', min, max);
const parameterRange: DescribeRange = (min, max) =>
  l10n.t('{0} must be a number from {1} to {2}', '?port=', min, max);

function uint(digits: string, describeRange: DescribeRange, min = 0, max = maxUint32): number {
  const value = /^\d{1,10}$/.test(digits) ? Number(digits) : NaN;
  return value >= min && value <= max ? value : refuse(describeRange(min, max));
}

/** Writes an endpoint in the one canonical form that {@link parseEndpoint} reads back. */
export function formatEndpoint({ protocol, transport, machine }: Endpoint): string {
  const text = `${protocol}+${formatTransport(transport)}`;
  if (machine === undefined) return text;
  return `${text}${text.includes('?') ? '&' : '?'}machine=${encodeURIComponent(machine)}`;
}

function formatTransport(transport: TransportAddress): string {
  const path = (text: string): string => text.split('/').map(encodeURIComponent).join('/');
  const host = (name: string): string => (name.includes(':') ? `[${name}]` : name);
  switch (transport.kind) {
    case 'unix':
      return `unix://${path(transport.path)}`;
    case 'pipe':
      return `pipe:////./pipe/${encodeURIComponent(transport.path.slice(pipePrefix.length))}`;
    case 'tcp':
    case 'tls':
      return `${transport.kind}://${host(transport.host)}:${transport.port}`;
    case 'hvsock':
      return `hvsock://${path(transport.path)}?port=${transport.port}`;
    case 'vsock':
      return `vsock://${transport.cid}:${transport.port}`;
    case 'exec':
      return `exec:?${transport.argv.map((word) => `argv=${encodeURIComponent(word)}`).join('&')}`;
  }
}

/** True for `localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
