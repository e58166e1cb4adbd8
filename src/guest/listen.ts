import { lstat, mkdir, rmdir, unlink } from 'node:fs/promises';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { dirname, resolve as resolvePath } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { isLoopbackHost, type TransportAddress } from '../agent/endpoint.ts';
import { AgentError, maxQuotedLength, messageOf } from '../agent/errors.ts';
import { plain, plainText, type PlainText } from '../base/text.ts';
import type { Logger } from '../base/logger.ts';
import { probeSocket } from './probes/socket.ts';

/** Accepts streams on one address. */
export interface Listener {
  /** The address, with the real port where 0 was asked for. */
  readonly address: TransportAddress;
  /** Stops listening, closes every stream and removes the socket's file, with the folders that were made for it. */
  close(): Promise<void>;
}

/** Who the agent is to its TLS clients. Texts are PEM. */
export interface ListenTls {
  readonly cert: string;
  readonly key: string;
  /** Authority whose clients are let in. Defaults to letting in every client. */
  readonly ca?: string;
}

/** How to listen. */
export interface GuestListenOptions {
  readonly logger: Logger;
  /** Needed to listen on tls. */
  readonly tls?: ListenTls;
  /** Application protocol that TLS agrees on. Defaults to none. */
  readonly alpnProtocol?: string;
}

/** Listens on an address of one kind. */
type Listen<Kind extends TransportAddress['kind']> = (
  address: TransportAddress & { readonly kind: Kind },
  accept: (stream: Socket) => void,
  options: GuestListenOptions,
) => Promise<Listener>;

/** Transports on which the agent can listen. */
const transports: { readonly [Kind in TransportAddress['kind']]?: Listen<Kind> } = {
  unix: listenOnUnixSocket,
  pipe: (address, accept, { logger }) => open(plainServer(), address, { path: address.path }, accept, logger),
  tcp: listenOnLoopback,
  tls: listenOnTls,
};

/** Streams that one listener serves at once; more are turned away. */
const maxConnections = 256;

/** Longest path of a Unix socket, in bytes: `sun_path` without its final NUL, on the system that allows least. */
const maxSocketPathBytes = 103;

/**
 * Listens on `address` and hands every stream to `accept`, which owns it from then on.
 *
 * @throws AgentError `unsupported` for a transport that cannot be listened on, `not_permitted` or `unreachable` when the
 *   address cannot be had.
 */
export async function listen(
  address: TransportAddress,
  accept: (stream: Socket) => void,
  options: GuestListenOptions,
): Promise<Listener> {
  const open = transports[address.kind] as Listen<TransportAddress['kind']> | undefined;
  if (open === undefined) {
    const kinds = Object.keys(transports).join(', ');
    throw new AgentError(
      'unsupported',
      plain`The agent cannot listen on ${address.kind}; it can on ${plainText(kinds, maxQuotedLength)}.`,
    );
  }
  return open(address, accept, options);
}

/** A Unix socket that only this user may open. A file left by a dead server is replaced, a live server's is not. */
async function listenOnUnixSocket(
  address: TransportAddress & { readonly kind: 'unix' },
  accept: (stream: Socket) => void,
  { logger }: GuestListenOptions,
): Promise<Listener> {
  const { path } = address;
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new AgentError(
      'not_permitted',
      plain`The socket path ${shown(path)} is too long; at most ${maxSocketPathBytes} bytes fit.`,
    );
  }
  const folder = resolvePath(dirname(path));
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await removeDeadSocket(path, logger);
    // The file gets its mode from the umask, because a chmod would come after others could have connected.
    const listener = await open(plainServer(), address, { path }, accept, logger, (start) => {
      const umask = process.umask(0o177);
      try {
        start();
      } finally {
        process.umask(umask);
      }
    });
    return {
      ...listener,
      close: async () => {
        await listener.close();
        await removeFolders(folder, firstMade);
      },
    };
  } catch (error) {
    await removeFolders(folder, firstMade);
    throw error;
  }
}

/** Removes `folder` and those around it up to `last`, as far as they are empty; nothing when `last` is `undefined`. */
async function removeFolders(folder: string, last: string | undefined): Promise<void> {
  if (last === undefined) return;
  const lastPath = resolvePath(last);
  try {
    for (let path = folder; ; path = dirname(path)) {
      await rmdir(path);
      if (path === lastPath) return;
    }
  } catch {
    // Somebody else has put something there, or has removed it; both are theirs to do.
  }
}

async function removeDeadSocket(path: string, logger: Logger): Promise<void> {
  const entry = await lstat(path).catch(() => undefined);
  if (entry === undefined) return;
  if (!entry.isSocket()) {
    throw new AgentError(
      'not_permitted',
      plain`${shown(path)} exists and is not a socket; remove it or listen elsewhere.`,
    );
  }
  const state = await probeSocket(path);
  if (state.kind === 'not_connectable' && state.reason === 'connection refused') {
    logger.info(plain`Replacing ${shown(path)}, which no program listens on any more.`);
    await unlink(path);
  } else if (state.kind !== 'missing') {
    throw new AgentError(
      'unreachable',
      plain`Another program listens on ${shown(path)}; stop it or listen elsewhere.`,
    );
  }
}

/** Plain TCP, for programs on this machine only. */
async function listenOnLoopback(
  address: TransportAddress & { readonly kind: 'tcp' },
  accept: (stream: Socket) => void,
  { logger }: GuestListenOptions,
): Promise<Listener> {
  const { host, port } = address;
  if (!isLoopbackHost(host)) {
    throw new AgentError(
      'not_permitted',
      plain`Plain TCP may only listen on a loopback address, and ${shown(host)} is none.`,
    );
  }
  return open(plainServer(), address, { host, port }, accept, logger);
}

/** TCP under TLS, for other machines too. */
async function listenOnTls(
  address: TransportAddress & { readonly kind: 'tls' },
  accept: (stream: Socket) => void,
  { logger, tls, alpnProtocol }: GuestListenOptions,
): Promise<Listener> {
  if (tls === undefined) {
    throw new AgentError('usage', plain`Listening on tls needs a certificate and its key.`);
  }
  const server = createTlsServer({
    ...tls,
    noDelay: true,
    requestCert: tls.ca !== undefined,
    rejectUnauthorized: tls.ca !== undefined,
    ...(alpnProtocol !== undefined && { ALPNProtocols: [alpnProtocol] }),
  });
  server.on('tlsClientError', (error) => {
    logger.info(plain`A TLS client was turned away: ${messageOf(error)}`);
  });
  return open(server, address, { host: address.host, port: address.port }, accept, logger);
}

function plainServer(): Server {
  // A client may end its side and still read what it asked for.
  return createServer({ noDelay: true, allowHalfOpen: true });
}

/** Opens the server; `atStart` wraps the moment in which the address is bound. */
async function open(
  server: Server,
  address: TransportAddress,
  options: ListenOptions,
  accept: (stream: Socket) => void,
  logger: Logger,
  atStart: (start: () => void) => void = (start) => {
    start();
  },
): Promise<Listener> {
  const streams = new Set<Socket>();
  server.on('connection', (stream: Socket) => {
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  });
  server.on(address.kind === 'tls' ? 'secureConnection' : 'connection', accept);
  server.maxConnections = maxConnections;
  server.on('drop', () => {
    logger.warn(plain`A connection was turned away: ${maxConnections} are open already.`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EACCES' || error.code === 'EPERM' ? 'not_permitted' : 'unreachable';
      reject(new AgentError(code, plain`The agent cannot listen: ${messageOf(error)}.`, { cause: error }));
    });
    atStart(() => server.listen(options));
  });
  server.on('error', (error) => {
    logger.error(plain`Listening failed: ${messageOf(error)}`);
  });
  return {
    address: withRealPort(address, server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const stream of streams) stream.destroy();
      }),
  };
}

/** A path or host of the command line as it is shown. */
function shown(text: string): PlainText {
  return plainText(text, maxQuotedLength);
}

function withRealPort(address: TransportAddress, server: Server): TransportAddress {
  const bound = server.address();
  return (address.kind === 'tcp' || address.kind === 'tls') && typeof bound === 'object' && bound !== null
    ? { ...address, port: bound.port }
    : address;
}
