import { createServer, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectAgent } from '../../src/agent/connect.ts';
import { AgentError } from '../../src/agent/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { AgentSession, PortChange } from '../../src/agent/session.ts';
import { fromHex, loadVectors } from '../vectors/load.ts';

interface MalformedVector {
  readonly name: string;
  readonly bytes_hex: string;
  readonly peer_closes_after: boolean;
  readonly waiting_for: number | null;
  readonly expect: {
    readonly error_class: string | null;
    readonly connection: 'closed' | 'close' | 'survive';
    readonly also_acceptable?: string;
  };
}

type Call = (session: AgentSession) => Promise<unknown>;

const timeoutMs = 700;
const options = { timeoutMs };
const callByResponseType = new Map<number, Call>([
  [0x1001, (session) => session.ping(options)],
  [0x1002, (session) => session.systemInfo(options)],
  [0x1003, (session) => session.ensureRuntime({ ...options, startIfNeeded: false })],
  [0x1004, (session) => session.runtimeStatus(options)],
]);
const goodPong = fromHex('000000130000100100000a04706f6e671205302e312e34');

const vectors = loadVectors<MalformedVector[]>('arcbox-malformed.json');
const answered = vectors.filter(({ waiting_for }) => callByResponseType.has(waiting_for ?? 0));
const idle = vectors.filter(
  ({ name }) => name === 'notification_bad_payload_idle' || name === 'error_when_idle',
);

/** Imitates an agent that answers the first request with a vector's bytes and later ones with a good pong. */
class DamagedAgent {
  readonly path: string;
  readonly sockets: Socket[] = [];
  readonly #server = createServer((socket) => this.sockets.push(socket));

  constructor(path: string) {
    this.path = path;
  }

  async answerWith({ bytes_hex, peer_closes_after }: MalformedVector): Promise<void> {
    this.#server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(fromHex(bytes_hex));
        if (peer_closes_after) socket.end();
        socket.on('data', () => socket.write(goodPong));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }
}

function snakeCase(className: string): string {
  return className.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}

let folder: string;
let agents = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'malformed-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function withDamagedAgent(
  vector: MalformedVector,
  use: (session: AgentSession) => Promise<void>,
): Promise<void> {
  const agent = new DamagedAgent(join(folder, `${++agents}.sock`));
  await agent.answerWith(vector);
  const session = await connectAgent(
    { protocol: 'arcbox', transport: { kind: 'unix', path: agent.path } },
    { timeoutMs: 5000, logger: silentLogger },
  );
  try {
    await use(session);
  } finally {
    session.close();
    agent.close();
  }
}

async function outcome(answer: Promise<unknown>): Promise<string | null> {
  return answer.then(
    () => null,
    (error: unknown) => {
      expect(error).toBeInstanceOf(AgentError);
      return (error as AgentError).code;
    },
  );
}

describe('a damaged answer', () => {
  test.concurrent.each(answered)('$name', async (vector) => {
    const { error_class, connection } = vector.expect;
    await withDamagedAgent(vector, async (session) => {
      const expected = error_class === null ? null : snakeCase(error_class);
      // The call of an ensure runs on a connection of its own; what is said of the connection concerns that one.
      const usesOwnConnection = vector.waiting_for === 0x1003;
      expect(await outcome(callByResponseType.get(vector.waiting_for!)!(session))).toBe(expected);
      if (usesOwnConnection || expected === 'timeout') return;
      if (connection === 'survive') expect(await session.ping(options)).toMatchObject({ version: '0.1.4' });
      else expect(['close', 'closed']).toContain(connection);
      if (connection !== 'survive') expect((await session.closed).code).toBe(expected);
    });
  });
});

describe('damage while nothing is asked', () => {
  test.each(idle)('$name', async (vector) => {
    // The vector's bytes follow a good pong, so that they arrive while nothing waits.
    const afterPong = { ...vector, bytes_hex: goodPong.toString('hex') + vector.bytes_hex };
    await withDamagedAgent(afterPong, async (session) => {
      const changes: PortChange[] = [];
      await expect(session.subscribePorts((change) => changes.push(change), options)).rejects.toMatchObject({
        code: 'unsupported',
      });
      if (vector.expect.connection === 'survive') {
        await session.ping(options);
        expect(changes).toMatchObject([
          { kind: 'stale', reason: { code: snakeCase(vector.expect.error_class!) } },
        ]);
      } else {
        expect((await session.closed).code).toBe(snakeCase(vector.expect.error_class!));
        expect(await outcome(session.ping(options))).toBe(snakeCase(vector.expect.error_class!));
      }
    });
  });
});
