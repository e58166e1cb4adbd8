import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import * as l10n from '../../base/l10n.ts';
import { plainText, type PlainText } from '../../base/text.ts';
import { AgentError, messageOf } from '../errors.ts';
import { opening, watchEvent, type OpenOptions } from './opening.ts';
import { explainSocketError } from './socket.ts';

/** Longest name of an error that is quoted. */
const maxCodeLength = 100;

/** Whom to trust, and who we are. Texts are PEM. */
export interface TlsSettings {
  /** Authorities that may vouch for the agent. Defaults to those that Node trusts. */
  readonly ca?: string | undefined;
  /** Our certificate with its chain, for agents that ask for one; goes with {@link key}. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name that the agent's certificate must bear. Defaults to the endpoint's host. */
  readonly serverName?: string | undefined;
}

/** Settings of {@link openTls}. */
export interface OpenTlsOptions extends OpenOptions {
  readonly tls?: TlsSettings;
  /** Application protocol to ask for, such as `h2`. Defaults to none. */
  readonly alpnProtocol?: string;
}

/**
 * Opens TCP under TLS. The agent's certificate is always checked.
 *
 * @throws AgentError `handshake_failed` when the two sides do not trust or understand each other, and those of a socket.
 */
export async function openTls(
  { host, port }: { readonly host: string; readonly port: number },
  options: OpenTlsOptions,
): Promise<TLSSocket> {
  const { tls = {}, alpnProtocol } = options;
  const serverName = tls.serverName ?? host;
  const socket = connect({
    host,
    port,
    secureContext: readCertificates(tls),
    // An IP address is looked for in the certificate, but may not be sent as a server name.
    servername: isIP(serverName) === 0 ? serverName : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
    ...(alpnProtocol !== undefined && { ALPNProtocols: [alpnProtocol] }),
  });
  await opening(socket, options, {
    watch: watchEvent(socket, 'secureConnect'),
    describeTimeout: () =>
      l10n.t(
        'No TLS handshake was completed within {0} ms. The agent may be frozen, or not speak TLS: check the port, or use +tcp.',
        options.timeoutMs,
      ),
    explain: explainTlsError,
    explainEnd: () => closedInHandshake(),
  });
  socket.setNoDelay(true);
  return socket;
}

function readCertificates({ ca, cert, key }: TlsSettings): SecureContext {
  try {
    return createSecureContext({ ca, cert, key });
  } catch (error) {
    throw new AgentError(
      'handshake_failed',
      l10n.t(
        'The configured CA, certificate or key cannot be used ({0}). They must be PEM and belong together.',
        messageOf(error),
      ),
      { cause: error },
    );
  }
}

/** Says in words why a TLS handshake failed. */
export function explainTlsError(error: NodeJS.ErrnoException): AgentError {
  const because = (message: PlainText): AgentError =>
    new AgentError('handshake_failed', message, { cause: error });
  const code = error.code ?? '';
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return because(l10n.t("The agent's certificate has expired. Renew it, or check this machine's clock."));
    case 'CERT_NOT_YET_VALID':
      return because(l10n.t("The agent's certificate is not valid yet. Check this machine's clock."));
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return because(
        l10n.t(
          "The agent's certificate bears another name ({0}). Correct the host or configure the server name.",
          messageOf(error),
        ),
      );
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return because(
        l10n.t(
          "The agent's certificate comes from no authority that is trusted here. Configure the right CA.",
        ),
      );
    case 'ECONNRESET':
      return closedInHandshake(error);
    default:
      break;
  }
  if (code.includes('ALERT')) {
    return because(
      l10n.t(
        'The agent refused the TLS connection ({0}). It may want another client certificate: check the configured one.',
        plainText(code, maxCodeLength),
      ),
    );
  }
  if (/^ERR_(SSL|TLS)_|^EPROTO$/.test(code)) {
    return because(
      l10n.t(
        'What answers does not speak TLS as expected ({0}). Check the port, or use +tcp.',
        plainText(code, maxCodeLength),
      ),
    );
  }
  return explainSocketError(error);
}

function closedInHandshake(cause?: Error): AgentError {
  return new AgentError(
    'handshake_failed',
    l10n.t(
      'The other side closed the connection during the TLS handshake. It may not speak TLS: check the port, or use +tcp.',
    ),
    { cause },
  );
}
