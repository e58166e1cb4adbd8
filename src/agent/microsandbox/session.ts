import * as l10n from '../../base/l10n.ts';
import { plainText, quoted } from '../../base/text.ts';
import type { Endpoint } from '../endpoint.ts';
import { AgentError } from '../errors.ts';
import type { BootTiming } from '../facts.ts';
import type { CallOptions } from '../rpc/channel.ts';
import type { ActivityFacet, AgentSession, ClockFacet, FilesFacet, ListeningFacet } from '../session.ts';
import type { Exchange } from './channel.ts';
import type { MicrosandboxEnvelope } from './envelope.ts';
import type { Fields } from './fields.ts';
import type { FileChannel } from './file-request.ts';
import type { MicrosandboxReady } from './handshake.ts';
import { readListeningPorts } from './listening-ports.ts';
import {
  decodeMicrosandboxPayload,
  microsandboxGeneration,
  microsandboxMessage,
  type MessageType,
  type PayloadOf,
} from './messages.ts';

const { ping, pong, touch, touched, clockSync } = microsandboxMessage;

/** Longest name of a message type that is quoted. */
const maxQuotedTypeLength = 64;

/** The user that programs in the sandbox run as. */
export type DefaultUser = PayloadOf<typeof microsandboxMessage.initResolved>['default_user'];

/** What a microsandbox session is built from. */
export interface MicrosandboxSessionParts {
  readonly endpoint: Endpoint;
  readonly channel: FileChannel;
  readonly connection: { readonly closed: Promise<AgentError>; close(): void };
  readonly ready: MicrosandboxReady;
  /** Known on the agent's own channel only. */
  readonly defaultUser: DefaultUser | null;
}

/** A session with a microsandbox agent, through the host's relay or on the agent's own channel. */
export interface MicrosandboxSession extends AgentSession {
  readonly boot: BootTiming;
  readonly clock: ClockFacet;
  readonly listening: ListeningFacet;
  readonly activity: ActivityFacet;
  readonly files: FilesFacet;
  readonly defaultUser: DefaultUser | null;
  /** Frames that came for nobody since the connection began. */
  readonly droppedFrames: number;
}

/** A session over a channel whose opening exchange is done. */
export function microsandboxSession({
  endpoint,
  channel,
  connection,
  ready,
  defaultUser,
}: MicrosandboxSessionParts): MicrosandboxSession {
  const { boot_time_ns, init_time_ns, ready_time_ns, agent_version } = ready.payload;
  const agent = {
    version: agent_version ?? '',
    generation: Math.min(microsandboxGeneration, ready.generation),
  };
  const noRuntime = l10n.t('microsandbox agents do not offer a container runtime.');
  return {
    endpoint,
    agent,
    boot: { bootTimeNanos: boot_time_ns, initTimeNanos: init_time_ns, readyTimeNanos: ready_time_ns },
    absent: {
      runtime: noRuntime,
      system: l10n.t('microsandbox agents do not offer system information.'),
      ports: l10n.t('microsandbox agents do not offer port notifications.'),
    },
    closed: connection.closed,
    defaultUser,
    get droppedFrames() {
      return channel.droppedFrames;
    },
    clock: clockOver(channel),
    listening: { read: (options) => readListeningPorts(channel, options) },
    activity: {
      touch: async (options) =>
        (await channel.exchange(touch, {}, answeredBy(touched, options))).activity_seq,
    },
    files: filesOver(channel),
    // The protocol has no echo and does not tell the guest's clock.
    ping: async (options) => {
      const startMs = performance.now();
      await sendPing(channel, options);
      const rttMs = performance.now() - startMs;
      return { message: '', version: agent.version, rttMs, clockOffsetMs: null };
    },
    close: () => {
      connection.close();
    },
  };
}

/** The files, whose code is loaded when the first is asked for. */
function filesOver(channel: FileChannel): FilesFacet {
  return {
    stat: async (path, options) => (await import('./files.ts')).statFile(channel, path, options),
    list: async (path, options) => (await import('./files.ts')).listFolder(channel, path, options),
    read: async function* (path, options) {
      yield* (await import('./files.ts')).readFileContent(channel, path, options);
    },
    write: async (path, content, options) =>
      (await import('./files.ts')).writeFileContent(channel, path, content, options),
  };
}

/**
 * The clock. An agent never answers a clock message that it could decode, so a ping follows it: messages are handled in
 * order, and its answer proves that the step was tried.
 */
function clockOver(channel: FileChannel): ClockFacet {
  return {
    isReported: false,
    sync: async (options) => {
      if (options.signal?.aborted === true) {
        throw new AgentError(
          'cancelled',
          l10n.t('Setting the clock was cancelled before anything was sent.'),
        );
      }
      const sentUnixNanos = options.unixNanos ?? BigInt(Date.now()) * 1_000_000n;
      const barrierDone = new AbortController();
      const refusal = channel.exchange(
        clockSync,
        { unix_time_nanos: sentUnixNanos },
        {
          timeoutMs: options.timeoutMs,
          signal: barrierDone.signal,
          onMessage: (message) => refuse(message),
        },
      );
      try {
        // A core.error for the clock message comes before the pong, and fails the race first.
        await Promise.race([refusal, sendPing(channel, options)]);
      } finally {
        refusal.catch(() => undefined);
        barrierDone.abort();
      }
      return { sentUnixNanos, resolution: 'nanosecond', confirmed: true, driftBeforeMs: null };
    },
  };
}

async function sendPing(channel: FileChannel, options: CallOptions): Promise<void> {
  await channel.exchange(ping, {}, answeredBy(pong, options));
}

function answeredBy<Payload extends object>(
  type: MessageType<Payload> & { readonly fields: Fields<Payload> },
  options: CallOptions,
): Exchange<Payload> {
  return {
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    onMessage: (message) => {
      if (message.t !== type.name) return refuse(message, type);
      return { done: decodeMicrosandboxPayload(type, message.p) };
    },
  };
}

function refuse({ t }: MicrosandboxEnvelope, expected?: MessageType): never {
  const answered = quoted(t, maxQuotedTypeLength);
  throw new AgentError(
    'unexpected_message_type',
    expected === undefined
      ? l10n.t('The agent answered {0} where nothing was expected.', answered)
      : l10n.t(
          'The agent answered {0} where {1} was expected.',
          answered,
          plainText(expected.name, maxQuotedTypeLength),
        ),
  );
}
