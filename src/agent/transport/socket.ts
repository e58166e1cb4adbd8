import { connect, type IpcNetConnectOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import { kindOfPath } from '../../base/bounded-file.ts';
import * as l10n from '../../base/l10n.ts';
import type { PlainText } from '../../base/text.ts';
import { AgentError, messageOf } from '../errors.ts';
import { opening, watchEvent, type OpenOptions } from './opening.ts';

/**
 * Opens a Unix socket, a named pipe or a TCP connection.
 *
 * @throws AgentError `unreachable`, `not_permitted`, `timeout` or `cancelled`, saying what to do.
 */
export async function openSocket(
  target: IpcNetConnectOpts | TcpNetConnectOpts,
  options: OpenOptions,
): Promise<Socket> {
  const socket = connect(target);
  try {
    await opening(socket, options, {
      watch: watchEvent(socket, 'connect'),
      describeTimeout: () => l10n.t('The connection was not accepted within {0} ms.', options.timeoutMs),
      explain: explainSocketError,
    });
  } catch (error) {
    const wrongPath = 'path' in target ? await explainWrongPath(target.path, error) : undefined;
    throw wrongPath ?? error;
  }
  socket.setNoDelay(true);
  return socket;
}

/** What connecting to a path may fail with because it leads to something else; it tells systems apart, not causes. */
const wrongPathCodes = ['ECONNREFUSED', 'ENOTSOCK', 'EISDIR', 'EACCES', 'EPERM', 'EPROTOTYPE', 'EOPNOTSUPP'];

/** A better explanation when the path leads to what is no socket. */
async function explainWrongPath(path: string, error: unknown): Promise<AgentError | undefined> {
  const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
  if (!wrongPathCodes.includes(cause?.code ?? '')) return undefined;
  const because = (message: PlainText): AgentError => new AgentError('unreachable', message, { cause });
  switch (await kindOfPath(path)) {
    case 'file':
      return because(l10n.t('This path is a file, not a socket. Correct the path.'));
    case 'folder':
      return because(l10n.t('This path is a folder, not a socket. Name the socket in it.'));
    case 'socket':
    case 'other':
      return undefined;
  }
}

/** Says in words what the operating system's error number means for a person who wants to reach an agent. */
export function explainSocketError(error: NodeJS.ErrnoException): AgentError {
  const because = (message: PlainText): AgentError =>
    new AgentError('unreachable', message, { cause: error });
  switch (error.code) {
    case 'ENOENT':
      return because(l10n.t('Nothing exists at this path. Start the agent or correct the path.'));
    case 'ECONNREFUSED':
      return because(l10n.t('Nothing listens there. Start the agent or correct the endpoint.'));
    case 'ENOTSOCK':
      return because(l10n.t('This path is not a socket. Correct the path.'));
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return because(l10n.t('The host name cannot be resolved. Correct it or check the network.'));
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return because(l10n.t('There is no route to this host. Check the network or the VPN.'));
    case 'ETIMEDOUT':
      return because(l10n.t('The host does not answer. Check that it runs and that no firewall is between.'));
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return because(
        l10n.t('The operating system refuses this address; a socket path may be too long (about 100 bytes).'),
      );
    case 'EACCES':
    case 'EPERM':
      return new AgentError(
        'not_permitted',
        l10n.t('This user may not open it. Check the owner and mode of the socket.'),
        { cause: error },
      );
    default:
      return because(l10n.t('Connecting failed ({0}).', messageOf(error)));
  }
}
