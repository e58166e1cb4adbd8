import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { AgentError, maxQuotedLength } from '../errors.ts';
import { decodeCbor, isCborMap } from './cbor.ts';
import { microsandboxFlag as flag } from './frame.ts';
import { field, lenient, list, optional, readFields, record, type Fields } from './fields.ts';

/**
 * Newest generation whose messages are understood here. Generations 8 and 9 add bulk transfer and workload control,
 * which a peer that announces 7 is never sent.
 */
export const microsandboxGeneration = 7;

/**
 * Oldest generation worth talking to: below 6 there is no ping, so nothing can be said of an agent's readiness, and below
 * 5 an agent answers every mistake by powering its machine off.
 */
export const microsandboxMinGeneration = 6;

/**
 * Who may send a message. `client`: whoever is connected, through the relay or directly; `host`: only the host on the
 * agent's own channel; `runtime`: only microsandbox's own runtime, never this program; `both`: guest and client.
 */
export type Sender = 'guest' | 'client' | 'host' | 'runtime' | 'both';

/** Longest name of a message type, in characters. */
const maxNameLength = 64;

/** One message type. */
export interface MessageType<Payload extends object = object, From extends Sender = Sender> {
  readonly name: PlainText;
  /** Generation that introduced it. Sending it to an older agent powers the sandbox off. */
  readonly generation: number;
  /** The exact value of the frame's flags; any other is an error. */
  readonly flags: number;
  readonly sender: From;
  /** `null` for types that are only passed on or shown, see {@link passiveTypes}. */
  readonly fields: Fields<Payload> | null;
}

/** Payload of a message without content. */
export type Empty = Record<string, never>;

/** What a message type carries once decoded. */
export type PayloadOf<Type> = Type extends MessageType<infer Payload> ? Payload : never;

function define<Payload extends object, From extends Sender>(
  name: string,
  generation: number,
  flags: number,
  sender: From,
  fields: Fields<Payload>,
): MessageType<Payload, From> & { readonly fields: Fields<Payload> } {
  return { name: plainText(name, maxNameLength), generation, flags, sender, fields };
}

const id = field.u32;
const none: Fields<Empty> = {};

/** Every message that is decoded and validated field by field. */
export const microsandboxMessage = {
  /** Initialisation finished; times are nanoseconds of the guest's CLOCK_BOOTTIME. */
  ready: define('core.ready', 1, flag.none, 'guest', {
    boot_time_ns: field.u64,
    init_time_ns: field.u64,
    ready_time_ns: field.u64,
    agent_version: optional(field.text),
  }),
  /** The root file system is there; the agent waits up to 60 s for {@link initAck}. */
  initResolved: define('core.init.resolved', 1, flag.none, 'guest', {
    default_user: record({ uid: field.u32, gid: field.u32 }),
  }),
  initAck: define('core.init.ack', 1, flag.none, 'host', none),
  bootstrap: define('core.bootstrap', 7, flag.none, 'host', {
    hostname: optional(field.text),
    user: optional(field.text),
    default_cwd: optional(field.text),
    default_env: optional(list(record({ key: field.text, value: field.text }), 1024)),
    security_profile: optional(field.text),
  }),
  /** Steps the guest's clock. Never answered, unless by {@link error}. */
  clockSync: define('core.clock.sync', 1, flag.none, 'client', { unix_time_nanos: field.u64 }),
  ping: define('core.ping', 6, flag.none, 'client', none),
  pong: define('core.pong', 6, flag.terminal, 'guest', none),
  touch: define('core.touch', 6, flag.none, 'client', none),
  touched: define('core.touched', 6, flag.terminal, 'guest', { activity_seq: field.u64 }),
  /** A recoverable error of one id. `kind` is an open set, see `microsandboxErrorKinds`. */
  error: define('core.error', 5, flag.terminal, 'guest', {
    kind: field.text,
    message: field.text,
    offending_type: optional(field.text),
    /** With `initialization_failed`: `user_not_found`, `group_not_found` or `unknown`; an open set. */
    init_failure: lenient(field.text),
    /** What became of the work in the guest: `unavailable`, `recovery_required` or `unknown`; an open set. */
    workload_failure: lenient(record({ disposition: field.text })),
  }),
  /** A client of the relay is gone; frees what its ids owned. From a client it destroys another client's handles. */
  clientDisconnected: define('core.relay.client.disconnected', 1, flag.none, 'runtime', {
    id_start: id,
    id_end_exclusive: id,
  }),
  fsRequest: define('core.fs.request', 2, flag.sessionStart, 'client', { op: field.variant }),
  fsData: define('core.fs.data', 2, flag.none, 'both', { data: field.bytes }),
  fsResponse: define('core.fs.response', 2, flag.terminal, 'guest', {
    ok: field.bool,
    error: optional(field.text),
    data: optional(field.variant),
  }),
} as const;

/** Types that are recognised, so that their flags can be checked, but neither sent nor interpreted. */
export const passiveTypes: readonly MessageType[] = (
  [
    ['core.shutdown', 1, flag.shutdown, 'runtime'],
    ['core.exec.request', 1, flag.sessionStart, 'runtime'],
    ['core.exec.started', 1, flag.none, 'guest'],
    ['core.exec.stdin', 1, flag.none, 'runtime'],
    ['core.exec.stdin.error', 1, flag.none, 'guest'],
    ['core.exec.stdout', 1, flag.none, 'guest'],
    ['core.exec.stderr', 1, flag.none, 'guest'],
    ['core.exec.exited', 1, flag.terminal, 'guest'],
    ['core.exec.failed', 1, flag.terminal, 'guest'],
    ['core.exec.resize', 1, flag.none, 'runtime'],
    ['core.exec.signal', 1, flag.none, 'runtime'],
    ['core.tcp.connect', 4, flag.sessionStart, 'runtime'],
    ['core.tcp.connected', 4, flag.none, 'guest'],
    ['core.tcp.data', 4, flag.none, 'both'],
    ['core.tcp.eof', 4, flag.none, 'both'],
    ['core.tcp.close', 4, flag.none, 'runtime'],
    ['core.tcp.closed', 4, flag.terminal, 'guest'],
    ['core.tcp.failed', 4, flag.terminal, 'guest'],
  ] as const
).map(([name, generation, flags, sender]) => ({
  name: plainText(name, maxNameLength),
  generation,
  flags,
  sender,
  fields: null,
}));

const typesByName: ReadonlyMap<string, MessageType> = new Map(
  [...Object.values<MessageType>(microsandboxMessage), ...passiveTypes].map((type) => [type.name, type]),
);

/** The message type of that name; `undefined` for one that only other generations know. */
export function microsandboxMessageType(name: string): MessageType | undefined {
  return typesByName.get(name);
}

/**
 * Decodes and validates the payload of a known message.
 *
 * @throws AgentError `malformed_payload` naming the message and the field.
 */
export function decodeMicrosandboxPayload<Payload extends object>(
  type: MessageType<Payload> & { readonly fields: Fields<Payload> },
  payload: Uint8Array,
): Payload {
  const { name, fields } = type;
  const map = decodeCbor(payload, 'malformed_payload', l10n.t('The payload of {0}', name));
  if (!isCborMap(map)) {
    throw new AgentError('malformed_payload', l10n.t('The payload of {0} is no map.', name));
  }
  const result = readFields(fields, map);
  if (typeof result === 'string') {
    const expected = fields[result].expected();
    throw new AgentError(
      'malformed_payload',
      l10n.t('The payload of {0} needs {1} under "{2}".', name, expected, plainText(result, maxQuotedLength)),
    );
  }
  return result;
}
