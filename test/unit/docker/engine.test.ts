import { getEventListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDockerEngine, maxAnswerBytes } from '../../../src/docker/engine.ts';

// An HTTP server that imitates engines which misbehave; the well-behaved one is real, in test/peers/docker.
let dir: string;
let socketPath: string;
let server: Server;
const paths: string[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'engine-'));
  socketPath = join(dir, 'docker.sock');
  paths.length = 0;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  server = createServer((request, response) => {
    paths.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
}

const json = { 'Content-Type': 'application/json' };
const id = '0'.repeat(64);

describe.skipIf(process.platform === 'win32')('createDockerEngine (Unix sockets)', () => {
  it('asks for container and network events only, and reads them however they are cut', async () => {
    const line = `${JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID: id, Attributes: { name: 'ä' } } })}\n`;
    await serve((_request, response) => {
      const bytes = Buffer.from(line + line);
      response.writeHead(200, json);
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    const stop = new AbortController();
    const events = [];
    for await (const event of await createDockerEngine(socketPath).openEvents(stop.signal))
      events.push(event);
    expect(events).toHaveLength(2);
    expect(events[0]).toEqual({ type: 'container', action: 'start', actorId: id, attributes: { name: 'ä' } });
    const filters = new URL(paths[0]!, 'http://docker').searchParams.get('filters');
    expect(JSON.parse(filters!)).toMatchObject({ type: ['container', 'network'] });
  });

  it('ends the events quietly when the caller stops', async () => {
    await serve((_request, response) => {
      response.writeHead(200, json).write('\n');
    });
    const stop = new AbortController();
    const events = await createDockerEngine(socketPath).openEvents(stop.signal);
    stop.abort();
    for await (const event of events) expect.fail(`an event: ${event.action}`);
  });

  it('fails on an event that is not JSON, because what it said is lost', async () => {
    await serve((_request, response) => {
      response.writeHead(200, json).end('{"Type":\n');
    });
    const events = await createDockerEngine(socketPath).openEvents(new AbortController().signal);
    await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'malformed_payload' });
  });

  it('gives up a request that is not answered, and says how long it waited', async () => {
    await serve(() => undefined);
    await expect(createDockerEngine(socketPath).ping({ timeoutMs: 50 })).rejects.toMatchObject({
      code: 'timeout',
      message: `Docker at ${socketPath}: no answer within 50 ms`,
    });
  });

  it('reports an answer that breaks off', async () => {
    await serve((_request, response) => {
      response.writeHead(200, { ...json, 'Content-Length': '100' });
      response.write('[', () => response.destroy());
    });
    await expect(createDockerEngine(socketPath).listContainers()).rejects.toMatchObject({
      code: 'connection_closed',
    });
  });

  it('stops reading an answer beyond the limit', async () => {
    await serve((_request, response) => {
      response.writeHead(200, json);
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const write = (): void => {
        if (!response.destroyed && response.write(chunk)) setImmediate(write);
        else response.once('drain', write);
      };
      write();
    });
    await expect(createDockerEngine(socketPath).listContainers()).rejects.toMatchObject({
      code: 'frame_too_large',
      message: expect.stringContaining(String(maxAnswerBytes)) as string,
    });
  });

  it.each(['http://127.0.0.1:9/', 'ftp://elsewhere/', '/other'])(
    'does not follow a redirect to %s',
    async (Location) => {
      await serve((_request, response) => response.writeHead(302, { Location }).end());
      await expect(createDockerEngine(socketPath).version()).rejects.toMatchObject({
        code: 'remote_error',
        remote: { code: 302 },
      });
      expect(paths).toHaveLength(1);
    },
  );

  it("shows the engine's own reason, and knows a missing container", async () => {
    await serve((request, response) => {
      const isMissing = request.url?.includes(id) === true;
      response.writeHead(isMissing ? 404 : 500, json).end(JSON.stringify({ message: 'out of inodes' }));
    });
    const engine = createDockerEngine(socketPath);
    await expect(engine.inspectContainer(id)).resolves.toBeUndefined();
    await expect(engine.listContainers()).rejects.toMatchObject({
      code: 'remote_error',
      message: `Docker at ${socketPath}: Docker answered with status 500: out of inodes`,
    });
  });

  it('shows no more of a reason than fits a line, and nothing that a terminal would obey', async () => {
    const reason = `\u001b]0;gone\u0007\u202e${'long '.repeat(1_000_000)}`;
    await serve((_request, response) =>
      response.writeHead(500, json).end(JSON.stringify({ message: reason })),
    );
    const error: unknown = await createDockerEngine(socketPath)
      .listContainers()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'remote_error', remote: { code: 500 } });
    const { message } = error as Error;
    expect(message.length).toBeLessThan(500);
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('does not wait for the end of an answer that switches protocols', async () => {
    await serve(() => undefined);
    server.on('connection', (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    });
    await expect(createDockerEngine(socketPath).ping()).rejects.toMatchObject({
      code: 'connection_closed',
      message: `Docker at ${socketPath}: it hung up without an answer`,
    });
  });

  it('says that it was hung up on', async () => {
    await serve(() => undefined);
    server.on('connection', (socket) => socket.destroy());
    await expect(createDockerEngine(socketPath).ping()).rejects.toMatchObject({
      code: 'unreachable',
      message: `Docker at ${socketPath}: it hung up without an answer`,
    });
  });

  it('says that something else listens there', async () => {
    await serve(() => undefined);
    server.on('connection', (socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    });
    await expect(createDockerEngine(socketPath).ping()).rejects.toMatchObject({
      code: 'unreachable',
      message: `Docker at ${socketPath}: what listens on its socket does not speak HTTP`,
    });
  });

  it.each(['', '[', '[] []', 'hello'])('refuses a listing that is not one JSON value: %j', async (body) => {
    await serve((_request, response) => response.writeHead(200, json).end(body));
    await expect(createDockerEngine(socketPath).listContainers()).rejects.toMatchObject({
      code: 'malformed_payload',
      message: `Docker at ${socketPath}: Docker's answer is not valid JSON.`,
    });
  });

  it('cancels a request, and leaves nothing on the signal', async () => {
    await serve(() => undefined);
    const stop = new AbortController();
    const engine = createDockerEngine(socketPath);
    await expect(engine.ping({ signal: stop.signal, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    const listing = engine.listContainers({ signal: stop.signal });
    await vi.waitUntil(() => paths.length === 2);
    stop.abort();
    await expect(listing).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('passes over events that it did not ask for, and holds back an engine that floods with them', async () => {
    const event = (Action: string): string =>
      `${JSON.stringify({ Type: 'container', Action, Actor: { ID: id, Attributes: { execID: id } } })}\n`;
    const unasked = event('exec_create: sh').repeat(1000);
    let sentBytes = 0;
    await serve((_request, response) => {
      response.writeHead(200, json);
      response.write(event('start'));
      const write = (): void => {
        while (!response.destroyed && response.write(unasked)) sentBytes += unasked.length;
        response.once('drain', write);
      };
      write();
    });
    const stop = new AbortController();
    const events = await createDockerEngine(socketPath).openEvents(stop.signal);
    const actions: string[] = [];
    const reading = (async () => {
      for await (const { action } of events) actions.push(action);
    })();
    // When the engine has sent the same for a while, it is not being read.
    await vi.waitFor(
      async () => {
        const before = sentBytes;
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(sentBytes).toBe(before);
      },
      { timeout: 9000, interval: 10 },
    );
    stop.abort();
    await reading;
    expect(actions).toEqual(['start']);
  });

  it('gives up an event without end', async () => {
    await serve((_request, response) => {
      response.writeHead(200, json).write(`{"a":"${'x'.repeat(5 * 1024 * 1024)}`);
    });
    const events = await createDockerEngine(socketPath).openEvents(new AbortController().signal);
    await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'frame_too_large' });
  });

  it('never lets an id choose the path', async () => {
    await serve((_request, response) => response.end());
    await expect(createDockerEngine(socketPath).inspectContainer('../images')).rejects.toMatchObject({
      code: 'malformed_payload',
    });
    expect(paths).toEqual([]);
  });

  it('says what is wrong with the socket', async () => {
    await serve((_request, response) => response.end());
    const missing = createDockerEngine(join(dir, 'missing.sock'));
    await expect(missing.ping()).rejects.toMatchObject({
      code: 'unreachable',
      message: `Docker at ${join(dir, 'missing.sock')}: its socket is missing`,
    });
  });
});
