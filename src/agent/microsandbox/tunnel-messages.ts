import { field } from './fields.ts';
import { microsandboxFlag as flag } from './frame.ts';
import { define, none } from './message-type.ts';

/** TCP connections made from inside the guest; one id is one connection. */
export const tunnelMessage = {
  tcpConnect: define('core.tcp.connect', 4, flag.sessionStart, 'client', {
    host: field.text,
    port: field.u16,
  }),
  tcpConnected: define('core.tcp.connected', 4, flag.none, 'guest', none),
  tcpData: define('core.tcp.data', 4, flag.none, 'both', { data: field.bytes }),
  /** The sender has no more to say, after all data it sent before. */
  tcpEof: define('core.tcp.eof', 4, flag.none, 'both', none),
  /** Ends the connection at once. No terminal frame follows. */
  tcpClose: define('core.tcp.close', 4, flag.none, 'client', none),
  /** The connection is over. Generation 7 does not send it after both sides' {@link tunnelMessage.tcpEof}. */
  tcpClosed: define('core.tcp.closed', 4, flag.terminal, 'guest', none),
  /** The connection could not be made, broke, or is not known. */
  tcpFailed: define('core.tcp.failed', 4, flag.terminal, 'guest', { error: field.text }),
} as const;
