import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { connectAgent } from '../../src/agent/connect.ts';
import { plain, plainText } from '../../src/base/text.ts';
import { AgentError } from '../../src/agent/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { FrameConnection } from '../../src/agent/rpc/frame-connection.ts';
import { MicrosandboxChannel } from '../../src/agent/microsandbox/channel.ts';
import type { AgentSession } from '../../src/agent/session.ts';
import { decodeCbor, isCborMap } from '../../src/agent/microsandbox/cbor.ts';
import { MicrosandboxEncoder } from '../../src/agent/microsandbox/encoder.ts';
import type { MicrosandboxEnvelope } from '../../src/agent/microsandbox/envelope.ts';
import { RelayDecoder } from '../../src/agent/microsandbox/handshake.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxMessage,
  type MessageType,
} from '../../src/agent/microsandbox/messages.ts';
import { field } from '../../src/agent/microsandbox/fields.ts';
import { FakeRelay, type RelayStep } from '../support/fake-relay.ts';
import { loadVectors } from '../vectors/load.ts';

interface MalformedVector {
  readonly name: string;
  readonly layer: string;
  readonly bytes_hex?: string;
  readonly handshake_bytes: number;
  readonly recipe?: readonly RelayStep[];
  readonly calls?: readonly { readonly id: number; readonly type: string }[];
  readonly peer_closes_after: boolean;
  readonly expect: {
    readonly error_class: string;
    readonly connection: 'closed' | 'survive';
    readonly results?: Readonly<Record<string, string>>;
    readonly also_acceptable?: readonly string[];
  };
}

const vectors = loadVectors<MalformedVector[]>('microsandbox-malformed.json');
const withoutCalls = vectors.filter(({ calls }) => calls === undefined);
const withCalls = vectors.filter(({ calls }) => calls !== undefined);
const ofSessions = withCalls.filter(({ calls }) => !/ping|touch/.test(calls![0]!.type));
const ofAgents = withCalls.filter((vector) => !ofSessions.includes(vector));

const patientMs = 10_000;
const impatientMs = 500;

function stepsOf({
  recipe,
  bytes_hex = '',
  handshake_bytes,
  peer_closes_after,
}: MalformedVector): RelayStep[] {
  const steps: RelayStep[] = recipe === undefined ? [] : [...recipe];
  if (recipe === undefined && handshake_bytes > 0) {
    steps.push({ hex: bytes_hex.slice(0, 2 * handshake_bytes) });
    if (bytes_hex.length > 2 * handshake_bytes || peer_closes_after) steps.push({ await_calls: 2 });
    steps.push({ hex: bytes_hex.slice(2 * handshake_bytes) });
  } else if (recipe === undefined) steps.push({ hex: bytes_hex });
  if (peer_closes_after) steps.push({ end: true });
  return steps;
}

function snakeCase(className: string): string {
  return className.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}

/** The class of a result. A failure in the agent's own words arrived intact, so it counts as none. */
async function classOf(result: Promise<unknown>): Promise<string> {
  return result.then(
    () => 'none',
    (error: unknown) => {
      expect(error).toBeInstanceOf(AgentError);
      const { code } = error as AgentError;
      return code === 'remote_error' ? 'none' : code;
    },
  );
}

/** Legal CBOR that no agent writes and that is refused here, as the vectors allow: strings in chunks, and tags. */
const refusedThoughLegal = [
  'ok_indefinite_text_type',
  'ok_indefinite_bytes_payload',
  'payload_self_described_tag',
];

/** An agent that has no ping is refused at the handshake, as the vectors allow: nothing could be said of it. */
const tooOld = ['hs_ready_v_5'];

function expectClass(
  actual: string,
  wanted: string,
  { name, expect: { also_acceptable } }: MalformedVector,
): void {
  if ([...refusedThoughLegal, ...tooOld].includes(name) && wanted === 'none') {
    expect(['none', ...(also_acceptable ?? []).map(snakeCase)]).toContain(actual);
  } else expect(actual).toBe(snakeCase(wanted));
}

async function play(vector: MalformedVector, use: (path: string) => Promise<void>): Promise<void> {
  const relay = await FakeRelay.start(stepsOf(vector));
  try {
    await use(relay.path);
  } finally {
    await relay.close();
  }
}

function open(path: string, timeoutMs: number): Promise<AgentSession> {
  return connectAgent(
    { protocol: 'microsandbox', transport: { kind: 'unix', path } },
    { timeoutMs, logger: silentLogger },
  );
}

describe('a handshake', () => {
  test.concurrent.each(withoutCalls)('$name', async (vector) => {
    const { error_class } = vector.expect;
    await play(vector, async (path) => {
      const opening = open(path, error_class === 'Timeout' ? impatientMs : patientMs);
      expectClass(await classOf(opening), error_class, vector);
      await opening.then(
        (session) => {
          session.close();
        },
        () => undefined,
      );
    });
  });
});

describe('after the handshake', () => {
  test.concurrent.each(ofAgents)('$name', async (vector) => {
    const { error_class, connection, results } = vector.expect;
    await play(vector, async (path) => {
      const session = await open(path, patientMs);
      const options = { timeoutMs: error_class === 'Timeout' ? impatientMs : patientMs };
      const answers = await Promise.all(
        vector.calls!.map(({ type }) =>
          classOf(type === 'core.touch' ? session.activity!.touch(options) : session.ping(options)),
        ),
      );
      answers.forEach((answer, index) => {
        expectClass(answer, results![String(index + 1)]!, vector);
      });
      if (connection === 'closed') expectClass((await session.closed).code, error_class, vector);
      // The second call's good answer has proved that the connection is in step; nothing may have closed it since.
      else expect(await Promise.race([session.closed, Promise.resolve('open')])).toBe('open');
      session.close();
    });
  });
});

// Sandlight starts no programs and asks for no file's status, so these messages are sent from here.
const execRequest: MessageType<{ cmd: string }, 'client'> = {
  name: plain`core.exec.request`,
  generation: 1,
  flags: 2,
  sender: 'client',
  fields: { cmd: field.text },
};

function readExec({ t, p }: MicrosandboxEnvelope): 'more' | { done: number } {
  if (t !== 'core.exec.exited') return 'more';
  const map = decodeCbor(p, 'malformed_payload', plain`The payload`);
  const code = isCborMap(map) ? map.get('code') : undefined;
  if (typeof code === 'number' && code === (code | 0)) return { done: code };
  throw new AgentError('malformed_payload', plain`The exit code is no 32-bit integer.`);
}

function readStat({ t, p }: MicrosandboxEnvelope): 'more' | { done: unknown } {
  if (t === microsandboxMessage.fsData.name) return 'more';
  const { ok, error, data } = decodeMicrosandboxPayload(microsandboxMessage.fsResponse, p);
  if (!ok) throw new AgentError('remote_error', plainText(error ?? '', 300));
  if (data?.name === 'Stat') return { done: data.content };
  throw new AgentError('malformed_payload', plain`No status came.`);
}

describe('during a session inside the guest', () => {
  test.concurrent.each(ofSessions)('$name', async (vector) => {
    await play(vector, async (path) => {
      const stream = connect(path);
      let channel!: MicrosandboxChannel<'client'>;
      await new Promise<void>((resolve) => {
        const connection = new FrameConnection(stream, new RelayDecoder(), {
          onFrame: (item) => {
            if ('range' in item) {
              channel = new MicrosandboxChannel(connection, {
                range: item.range,
                encoder: new MicrosandboxEncoder('client', 7),
              });
              resolve();
            } else channel.receive(item);
          },
          onFailed: (reason) => {
            channel.fail(reason);
          },
        });
      });
      const timeoutMs = patientMs;
      const first =
        vector.calls![0]!.type === execRequest.name
          ? channel.exchange(execRequest, { cmd: 'true' }, { timeoutMs, onMessage: readExec })
          : channel.exchange(
              microsandboxMessage.fsRequest,
              { op: { Stat: { path: '/x', follow_symlink: false } } },
              { timeoutMs, onMessage: readStat },
            );
      const ping = channel.exchange(
        microsandboxMessage.ping,
        {},
        { timeoutMs, onMessage: ({ t }) => ({ done: t }) },
      );
      const answers = await Promise.all([classOf(first), classOf(ping)]);
      answers.forEach((answer, index) => {
        expectClass(answer, vector.expect.results![String(index + 1)]!, vector);
      });
      stream.destroy();
    });
  });
});
