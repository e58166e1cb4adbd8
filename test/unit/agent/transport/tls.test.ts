import { createServer as createPlainServer, type Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { TtrpcChannel } from '../../../../src/agent/rpc/ttrpc-channel.ts';
import { openTls, type OpenTlsOptions } from '../../../../src/agent/transport/tls.ts';
import { hasOpenssl, TestAuthority } from '../../../support/certificates.ts';
import { matching } from '../../../support/matching.ts';
import { listenForTest } from '../../../support/servers.ts';
import { tempDir } from '../../../support/temp-dir.ts';

const patient = { timeoutMs: 30_000 };

/** Listens with TLS and echoes. */
function echoServer(options: TlsOptions): Promise<number> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => undefined);
    socket.write(`${socket.alpnProtocol === false ? 'none' : socket.alpnProtocol};`);
    socket.pipe(socket);
  });
  return listenForTest(server, { port: 0 });
}

describe.skipIf(!hasOpenssl)('TLS (needs openssl to make certificates)', () => {
  const authority = new TestAuthority(tempDir());
  const stranger = new TestAuthority(tempDir());
  const server = authority.issue('127.0.0.1');
  const named = authority.issue('agent.test');
  const open = (port: number, options: Omit<OpenTlsOptions, 'timeoutMs'>): ReturnType<typeof openTls> =>
    openTls({ host: '127.0.0.1', port }, { ...patient, ...options });

  it('carries bytes when the authority is trusted, and asks for the application protocol', async () => {
    const port = await echoServer({ ...server, ALPNProtocols: ['h2'] });
    const stream = await open(port, { tls: { ca: authority.cert }, alpnProtocol: 'h2' });
    stream.end('hello');
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('h2;hello');
  });

  it('accepts a certificate for the configured server name', async () => {
    const port = await echoServer(named);
    const stream = await open(port, { tls: { ca: authority.cert, serverName: 'agent.test' } });
    expect(stream.authorized).toBe(true);
    stream.destroy();
  });

  it.each([
    [
      'from an authority that is not trusted',
      () => ({ ca: stranger.cert }),
      /no authority that is trusted here/,
    ],
    ['when no authority is configured', () => ({}), /no authority that is trusted here/],
    ['for another name', () => ({ ca: authority.cert, serverName: 'other.test' }), /bears another name/],
  ])('refuses a certificate %s', async (_name, tls, message) => {
    const port = await echoServer(server);
    await expect(open(port, { tls: tls() })).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(message),
    });
  });

  it('presents a client certificate to an agent that wants one', async () => {
    const port = await echoServer({ ...server, requestCert: true, ca: authority.cert });
    const client = authority.issue('client.test');
    const stream = await open(port, { tls: { ca: authority.cert, ...client } });
    stream.end('hello');
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('none;hello');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'says that a client certificate is missing (%s)',
    async (maxVersion) => {
      const port = await echoServer({ ...server, requestCert: true, ca: authority.cert, maxVersion });
      const call = open(port, { tls: { ca: authority.cert } }).then((stream) =>
        new TtrpcChannel(stream).unary('s', 'm', new Uint8Array(0), patient),
      );
      await expect(call).rejects.toMatchObject({
        code: 'handshake_failed',
        message: matching(/another client certificate/),
      });
    },
  );

  it('says that what answers does not speak TLS', async () => {
    const port = await listenForTest(
      createPlainServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      { port: 0 },
    );
    await expect(open(port, {})).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(/does not speak TLS.*or use \+tcp/),
    });
  });

  it.each([
    ['closes', (socket: Socket) => socket.once('data', () => socket.end())],
    ['resets', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closes at once', (socket: Socket) => socket.end()],
  ])('says that a server which %s the connection may not speak TLS, and what to do', async (_how, accept) => {
    const port = await listenForTest(createPlainServer(accept), { port: 0 });
    await expect(open(port, {})).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(/It may not speak TLS: check the port, or use \+tcp\./),
    });
  });

  it('says that the configured certificate cannot be used', async () => {
    await expect(open(1, { tls: { cert: 'nonsense', key: 'nonsense' } })).rejects.toMatchObject({
      code: 'handshake_failed',
      message: matching(/must be PEM/),
    });
  });

  it('gives up on an agent that accepts and says nothing', async () => {
    const port = await listenForTest(
      createPlainServer(() => undefined),
      { port: 0 },
    );
    await expect(openTls({ host: '127.0.0.1', port }, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'timeout',
      message: matching(/TLS handshake.*or not speak TLS: check the port, or use \+tcp/),
    });
  });

  it('says that nothing listens', async () => {
    const port = await listenForTest(createPlainServer(), { port: 0 });
    await expect(openTls({ host: '127.0.0.1', port: port === 1 ? 2 : 1 }, patient)).rejects.toMatchObject({
      code: 'unreachable',
    });
  });
});
