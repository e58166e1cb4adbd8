import { plainText, type PlainText } from '../../base/text.ts';
import type { Fields } from './fields.ts';

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
  /** `null` for types that are only passed on or shown, see `passiveTypes`. */
  readonly fields: Fields<Payload> | null;
}

/** Payload of a message without content. */
export type Empty = Record<string, never>;

/** What a message type carries once decoded. */
export type PayloadOf<Type> = Type extends MessageType<infer Payload> ? Payload : never;

/** One row of the tables of messages. */
export function define<Payload extends object, From extends Sender>(
  name: string,
  generation: number,
  flags: number,
  sender: From,
  fields: Fields<Payload>,
): MessageType<Payload, From> & { readonly fields: Fields<Payload> } {
  return { name: plainText(name, maxNameLength), generation, flags, sender, fields };
}

/** The fields of a message without content. */
export const none: Fields<Empty> = {};
