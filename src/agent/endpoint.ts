import { AgentError } from './errors.ts';

/** What is spoken on the stream. */
export const protocols = [
  'arcbox',
  'arcbox-ttrpc',
  'arcbox-grpc',
  'microsandbox',
  'microsandbox-direct',
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
}

const forms = `expected <protocol>+<transport>://..., with a protocol of ${protocols.join(', ')} and a transport of unix, pipe, tcp, tls, hvsock, vsock or exec; for example arcbox+unix:///run/agent.sock`;

const maxEndpointLength = 4096;
const maxVsockNumber = 0xffff_ffff;

/**
 * Parses the text of an endpoint.
 *
 * @throws AgentError `invalid_endpoint` with a sentence that quotes the text and says what was expected.
 */
export function parseEndpoint(text: string): Endpoint {
  const fail = (why: string): never => {
    const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
    throw new AgentError('invalid_endpoint', `${JSON.stringify(shown)} is not an endpoint: ${why}.`);
  };
  if (text.length > maxEndpointLength) return fail(`it is longer than ${maxEndpointLength} characters`);
  const scheme = /^([a-z][a-z0-9-]*)\+([a-z]+):(.*)$/s.exec(text);
  if (scheme === null) return fail(forms);
  const [, protocolName = '', transportName = '', rest = ''] = scheme;
  const protocol = protocols.find((name) => name === protocolName);
  if (protocol === undefined) return fail(`${protocolName} is not a known protocol; ${forms}`);
  const url = parseRest(rest);
  if (url === undefined) return fail(forms);
  const { authority, path, query } = url;
  const onlyQuery = (...names: string[]): void => {
    for (const name of new Set(query.keys())) {
      if (!names.includes(name)) fail(`${transportName} takes no parameter ${JSON.stringify(name)}`);
      if (name !== 'argv' && query.getAll(name).length > 1) fail(`${name} is given more than once`);
    }
  };
  const absolutePath = (): string => {
    if (authority !== '' || path === '' || path === '/')
      fail(`write an absolute path after ${transportName}://`);
    if (path.includes('\0')) fail('the path contains a NUL character');
    return path;
  };
  const hostAndPort = (): { host: string; port: number } => {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]@]+):(\d{1,5})$/.exec(authority);
    if (match === null || (path !== '' && path !== '/'))
      return fail(`write host:port after ${transportName}://`);
    const [, host = '', port = ''] = match;
    return { host: host.replace(/^\[|\]$/g, ''), port: inRange(port, 1, 65535, 'the port') };
  };
  const inRange = (digits: string, min: number, max: number, what: string): number => {
    const value = /^\d{1,10}$/.test(digits) ? Number(digits) : NaN;
    return value >= min && value <= max ? value : fail(`${what} must be a number from ${min} to ${max}`);
  };

  switch (transportName) {
    case 'unix':
      onlyQuery();
      return { protocol, transport: { kind: 'unix', path: absolutePath() } };
    case 'pipe': {
      onlyQuery();
      const name = /^\/\/\.\/pipe\/([^/\\]+)$/.exec(path)?.[1];
      if (authority !== '' || name === undefined) return fail('write pipe:////./pipe/NAME');
      return { protocol, transport: { kind: 'pipe', path: `\\\\.\\pipe\\${name}` } };
    }
    case 'tcp': {
      onlyQuery();
      const { host, port } = hostAndPort();
      if (!isLoopback(host)) {
        return fail(
          `plain TCP is only allowed to a loopback address, and ${host} is none; use +tls, or +exec with ssh`,
        );
      }
      return { protocol, transport: { kind: 'tcp', host, port } };
    }
    case 'tls':
      onlyQuery();
      return { protocol, transport: { kind: 'tls', ...hostAndPort() } };
    case 'hvsock': {
      onlyQuery('port');
      const port = inRange(query.get('port') ?? '', 0, maxVsockNumber, '?port=');
      return { protocol, transport: { kind: 'hvsock', path: absolutePath(), port } };
    }
    case 'vsock': {
      onlyQuery();
      const match = /^(\d{1,10}):(\d{1,10})$/.exec(authority);
      if (match === null || (path !== '' && path !== '/')) return fail('write vsock://CID:PORT');
      const cid = inRange(match[1] ?? '', 0, maxVsockNumber, 'the context id');
      return {
        protocol,
        transport: { kind: 'vsock', cid, port: inRange(match[2] ?? '', 0, maxVsockNumber, 'the port') },
      };
    }
    case 'exec': {
      onlyQuery('argv');
      const [program, ...args] = query.getAll('argv');
      if (authority !== '' || path !== '' || program === undefined || program === '') {
        return fail('write exec:?argv=PROGRAM&argv=ARGUMENT...');
      }
      if (rest.includes('%00')) return fail('an argument contains a NUL character');
      return { protocol, transport: { kind: 'exec', argv: [program, ...args] } };
    }
    default:
      return fail(`${transportName} is not a known transport; ${forms}`);
  }
}

/** Writes an endpoint in the one canonical form that {@link parseEndpoint} reads back. */
export function formatEndpoint({ protocol, transport }: Endpoint): string {
  const path = (text: string): string => text.split('/').map(encodeURIComponent).join('/');
  const host = (name: string): string => (name.includes(':') ? `[${name}]` : name);
  switch (transport.kind) {
    case 'unix':
      return `${protocol}+unix://${path(transport.path)}`;
    case 'pipe':
      return `${protocol}+pipe:////./pipe/${encodeURIComponent(transport.path.slice('\\\\.\\pipe\\'.length))}`;
    case 'tcp':
    case 'tls':
      return `${protocol}+${transport.kind}://${host(transport.host)}:${transport.port}`;
    case 'hvsock':
      return `${protocol}+hvsock://${path(transport.path)}?port=${transport.port}`;
    case 'vsock':
      return `${protocol}+vsock://${transport.cid}:${transport.port}`;
    case 'exec':
      return `${protocol}+exec:?${transport.argv.map((word) => `argv=${encodeURIComponent(word)}`).join('&')}`;
  }
}

/** True for `localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** Splits what follows `scheme:`; `undefined` when it is not URL-shaped. Percent escapes of the path are undone. */
function parseRest(rest: string): { authority: string; path: string; query: URLSearchParams } | undefined {
  const match = /^(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/.exec(rest);
  if (match === null) return undefined;
  try {
    return {
      authority: decodeURIComponent(match[1] ?? ''),
      path: decodeURIComponent(match[2] ?? ''),
      query: new URLSearchParams(match[3] ?? ''),
    };
  } catch {
    return undefined;
  }
}
