import { domainToASCII } from 'node:url';
import { ipAddress, isLoopbackAddress } from '../base/ip-address.ts';
import * as l10n from '../base/l10n.ts';
import { plainText, quoted, reviewed, type PlainText } from '../base/text.ts';
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

/** Longest text of an endpoint, in its canonical form too. */
/** Whom to trust and who we are on an endpoint with the transport tls: absolute paths of PEM files. */
export interface TlsFiles {
  readonly caFile?: string | undefined;
  /** Goes with {@link keyFile}. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
}

export const maxEndpointLength = 4096;
/** Longest host name that DNS knows. */
const maxHostLength = 253;
/** Most of a text that is quoted when it is refused. */
const maxRefusedLength = 200;
const maxMachineLength = 128;
const maxUint32 = 0xffff_ffff;

/**
 * Parses the text of an endpoint.
 *
 * @throws AgentError `invalid_endpoint` with a sentence that quotes the text and says what was expected.
 */
export function parseEndpoint(text: string): Endpoint {
  try {
    if (text.length > maxEndpointLength) refuse(tooLong());
    const scheme = /^([a-z][a-z0-9-]*)\+([a-z]+):(.*)$/s.exec(text);
    const url = parseUrl(scheme?.[3] ?? '');
    if (scheme === null || url === undefined) return refuse(forms());
    const [, protocolName = '', kind = ''] = scheme;
    const protocol = protocols.find((name) => name === protocolName);
    if (protocol === undefined)
      return refuse(l10n.t('{0} is not a known protocol; {1}', shown(protocolName), forms()));
    if (!Object.hasOwn(parsers, kind))
      return refuse(l10n.t('{0} is not a known transport; {1}', shown(kind), forms()));
    const machine = protocol === 'arcbox-daemon' ? takeMachine(url) : undefined;
    const transport = parsers[kind as TransportAddress['kind']](url);
    const endpoint = { protocol, transport, ...(machine !== undefined && { machine }) };
    // What is accepted can be written down and read again; escapes make a text up to nine times as long.
    if (formatEndpoint(endpoint).length > maxEndpointLength) refuse(tooLong());
    return endpoint;
  } catch (error) {
    if (!(error instanceof NotAnEndpoint)) throw error;
    throw new AgentError(
      'invalid_endpoint',
      l10n.t('{0} is not an endpoint: {1}.', quoted(text, maxRefusedLength), error.why),
    );
  }
}

class NotAnEndpoint extends Error {
  readonly why: PlainText;

  constructor(why: PlainText) {
    super(why);
    this.why = why;
  }
}

function refuse(why: PlainText): never {
  throw new NotAnEndpoint(why);
}

function shown(part: string): PlainText {
  return plainText(part, maxRefusedLength);
}

function tooLong(): PlainText {
  return l10n.t('it is longer than {0} characters', maxEndpointLength);
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
    if (!isLoopbackHost(host)) {
      refuse(
        l10n.t(
          'plain TCP is only allowed to a loopback address, and {0} is none; use +tls, or +exec with ssh',
          shown(host),
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
    return { kind: 'exec', argv: [program, ...args] };
  },
};

const pipePrefix = '\\\\.\\pipe\\';

function forms(): PlainText {
  return l10n.t(
    'expected <protocol>+<transport>://..., with a protocol of {0} and a transport of {1}; for example {2}',
    shown(protocols.join(', ')),
    shown(Object.keys(parsers).join(', ')),
    'arcbox+unix:///run/agent.sock',
  );
}

/** `undefined` when the text has not the form of a URL. */
function parseUrl(text: string): UrlParts | undefined {
  const match = /^(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/.exec(text);
  if (match === null) return undefined;
  const [, authority = '', path = '', query = ''] = match;
  if (/\p{Cs}/u.test(text)) refuse(l10n.t('it contains half of a character'));
  if (/\0|%00/.test(text)) refuse(l10n.t('it contains a NUL character'));
  try {
    return {
      authority: decodeURIComponent(authority),
      path: decodeURIComponent(path),
      // Node decodes a letter beyond ASCII that follows a percent sign wrongly, even as NUL.
      query: new URLSearchParams(query.replace(/\P{ASCII}+/gu, encodeURIComponent)),
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
    if (!names.includes(name)) refuse(l10n.t('it takes no parameter {0}', quoted(name, maxRefusedLength)));
    if (name !== 'argv' && query.getAll(name).length > 1)
      refuse(l10n.t('{0} is given more than once', shown(name)));
  }
}

function absolutePath({ authority, path }: UrlParts): string {
  if (authority !== '' || !path.startsWith('/') || isRoot(path))
    refuse(l10n.t('write an absolute path after ://, as in {0}', 'arcbox+unix:///run/agent.sock'));
  return path;
}

function hostAndPort({ authority, path }: UrlParts): { host: string; port: number } {
  const [, bracketed, name, port] = /^(?:\[([^[\]]*)\]|([^:[\]@]+)):(\d+)$/.exec(authority) ?? [];
  if (port === undefined || !isRoot(path)) return refuse(l10n.t('write host:port after ://'));
  const host = name === undefined ? ipv6Host(bracketed ?? '') : hostName(name);
  return { host, port: uint(port, portRange, 1, 65535) };
}

function ipv6Host(text: string): string {
  const address = text.includes(':') ? ipAddress(text) : undefined;
  return address ?? refuse(l10n.t('{0} is not an IPv6 address', quoted(text, maxRefusedLength)));
}

/** An IPv4 address or a name as DNS and hosts files have them; one with other letters in its ASCII form. */
function hostName(text: string): string {
  const name = /^[ -~]*$/.test(text) ? text : domainToASCII(text);
  const labels = name.replace(/\.$/, '').split('.');
  const isName =
    name.length <= maxHostLength &&
    labels.every((label) => /^\w(?:[\w-]{0,61}\w)?$/.test(label)) &&
    // What ends in a number is an IPv4 address or a mistake; resolvers read 127.1 and 0x7f.1 in ways of their own.
    !/^(?:\d+|0x[\da-f]*)$/i.test(labels.at(-1) ?? '');
  if (isName) return name;
  const address = name === '' || name === '*' ? undefined : ipAddress(name);
  return (
    address ?? refuse(l10n.t('{0} is neither a host name nor an IP address', quoted(text, maxRefusedLength)))
  );
}

function isRoot(path: string): boolean {
  return path === '' || path === '/';
}

type DescribeRange = (min: number, max: number) => PlainText;

const portRange: DescribeRange = (min, max) => l10n.t('the port must be a number from {0} to {1}', min, max);
const contextIdRange: DescribeRange = (min, max) =>
  l10n.t('the context id must be a number from {0} to {1}', min, max);
const parameterRange: DescribeRange = (min, max) =>
  l10n.t('{0} must be a number from {1} to {2}', '?port=', min, max);

function uint(digits: string, describeRange: DescribeRange, min = 0, max = maxUint32): number {
  const value = /^\d{1,10}$/.test(digits) ? Number(digits) : NaN;
  return value >= min && value <= max ? value : refuse(describeRange(min, max));
}

/** Writes an endpoint in the one canonical form that {@link parseEndpoint} reads back: printable ASCII. */
export function formatEndpoint({ protocol, transport, machine }: Endpoint): PlainText {
  const text = `${protocol}+${formatTransport(transport)}`;
  const parameter =
    machine === undefined ? '' : `${text.includes('?') ? '&' : '?'}machine=${escape(machine)}`;
  return reviewed(text + parameter, 'Words of ours, numbers, and parts escaped to printable ASCII.');
}

function formatTransport(transport: TransportAddress): string {
  switch (transport.kind) {
    case 'unix':
      return `unix://${escape(transport.path, '/')}`;
    case 'pipe':
      return `pipe:////./pipe/${escape(transport.path.slice(pipePrefix.length))}`;
    case 'tcp':
    case 'tls': {
      const host = escape(transport.host, ':');
      return `${transport.kind}://${host.includes(':') ? `[${host}]` : host}:${transport.port}`;
    }
    case 'hvsock':
      return `hvsock://${escape(transport.path, '/')}?port=${transport.port}`;
    case 'vsock':
      return `vsock://${transport.cid}:${transport.port}`;
    case 'exec':
      return `exec:?${transport.argv.map((word) => `argv=${escape(word)}`).join('&')}`;
  }
}

/** Escapes everything but unreserved characters and `separator`. Half of a character becomes the replacement character. */
function escape(text: string, separator?: '/' | ':'): string {
  if (separator !== undefined) {
    return text
      .split(separator)
      .map((part) => escape(part))
      .join(separator);
  }
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
}

/** True for `localhost` and for an address that only programs of this machine can reach. */
export function isLoopbackHost(host: string): boolean {
  if (host === 'localhost') return true;
  const address = ipAddress(host);
  return address !== undefined && isLoopbackAddress(address);
}
