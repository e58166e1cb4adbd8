import { createServer, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectAgent } from '../../src/agent/connect.ts';
import { AgentError } from '../../src/agent/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { AgentSession } from '../../src/agent/session.ts';
import { encodeArcboxFrame } from '../../src/agent/arcbox/frame.ts';
import { PingResponseExtension } from '../../src/agent/generated/sandlight/v1/ping_extension.ts';
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
  [0x1002, (session) => session.system!.read(options)],
  [0x1003, (session) => session.runtime!.ensure!({ ...options, startIfNeeded: false })],
  [0x1004, (session) => session.runtime!.status(options)],
]);
const goodPong = fromHex('000000130000100100000a04706f6e671205302e312e34');
/** The same with Sandlight's extension: a clock report, and ports granted. */
const extendedPong = encodeArcboxFrame(
  0x1001,
  Buffer.concat([
    goodPong.subarray(10),
    PingResponseExtension.encode({
      portsSubscribed: true,
      clock: { unixNanos: 1n, wasSet: false, refusal: '' },
    }).finish(),
  ]),
);

const vectors = loadVectors<MalformedVector[]>('arcbox-malformed.json');
const answered = vectors.filter(({ waiting_for }) => callByResponseType.has(waiting_for ?? 0));
const idle = vectors.filter(
  ({ name }) => name === 'notification_bad_payload_idle' || name === 'error_when_idle',
);

/** A vector's bytes for the first request, and what answers the later ones in place of a good pong. */
type Answers = MalformedVector & { readonly later_hex?: string };

/** Imitates an agent that answers the first request with a vector's bytes and later ones with a good pong. */
class DamagedAgent {
  readonly path: string;
  readonly sockets: Socket[] = [];
  readonly #server = createServer((socket) => this.sockets.push(socket));

  constructor(path: string) {
    this.path = path;
  }

  async answerWith({ bytes_hex, later_hex, peer_closes_after }: Answers): Promise<void> {
    this.#server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(fromHex(bytes_hex));
        if (peer_closes_after) socket.end();
        socket.on('data', () => socket.write(later_hex === undefined ? goodPong : fromHex(later_hex)));
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
  vector: Answers,
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
    // The vector's bytes follow the answer to the subscription, so that they arrive while nothing waits.
    const afterPong = {
      ...vector,
      bytes_hex: extendedPong.toString('hex'),
      later_hex: extendedPong.toString('hex') + vector.bytes_hex,
    };
    await withDamagedAgent(afterPong, async (session) => {
      await session.ping(options);
      const stream = await session.ports!.follow({ onPending: () => undefined }, options);
      if (vector.expect.connection === 'survive') {
        await session.ping(options);
        expect(stream.drain()).toMatchObject([
          { kind: 'snapshot', containers: new Map() },
          { kind: 'stale', reason: { code: snakeCase(vector.expect.error_class!) } },
        ]);
      } else {
        expect((await session.closed).code).toBe(snakeCase(vector.expect.error_class!));
        expect(await outcome(session.ping(options))).toBe(snakeCase(vector.expect.error_class!));
      }
    });
  });

  test.each(idle)('$name, from an agent that was not asked for its ports', async (vector) => {
    const afterPong = { ...vector, bytes_hex: goodPong.toString('hex') + vector.bytes_hex };
    await withDamagedAgent(afterPong, async (session) => {
      await session.ping(options);
      expect(session.ports).toBeUndefined();
      expect(session.absent.ports).toMatch(/does not tell which ports/);
      if (vector.expect.connection === 'survive') {
        await session.ping(options);
      } else {
        expect((await session.closed).code).toBe(snakeCase(vector.expect.error_class!));
      }
    });
  });
});
