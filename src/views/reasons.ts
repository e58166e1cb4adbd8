import * as l10n from '../base/l10n.ts';
import { joined, plain, plainText, type PlainText } from '../base/text.ts';
import {
  formatEndpoint,
  maxEndpointLength,
  type Endpoint,
  type TransportAddress,
} from '../agent/endpoint.ts';
import { AgentError } from '../agent/errors.ts';
import type { Shortfall } from '../sandboxes/model/readiness.ts';
import { serviceAppearance } from './appearance.ts';

/*
 * Why a sandbox is as it is, in a few words: what stands in a row, where the beginning is all that is seen of a sentence.
 */

/** What a connection failed for, without its endpoint and without advice where the cause is a known one. */
export function shortFailure(error: AgentError, endpoint: Endpoint): PlainText {
  const { transport } = endpoint;
  const at = addressText(transport);
  // What goes wrong with a helper program says nothing of the port that it was to reach.
  switch (transport.kind === 'vsock' ? undefined : error.systemCode) {
    case 'ENOENT':
      return transport.kind === 'exec' ? l10n.t('no program {0}', at) : l10n.t('no socket at {0}', at);
    case 'ECONNREFUSED':
      return l10n.t('nothing listens at {0}', at);
    case 'EACCES':
    case 'EPERM':
      return l10n.t('no permission for {0}', at);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return l10n.t('unknown host {0}', at);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return l10n.t('no route to {0}', at);
    default:
      return error.code === 'timeout' ? l10n.t('no answer in time') : failureText(error, endpoint);
  }
}

/** The sentence about a failed connection, without the endpoint in front of it. */
export function failureText({ message, cause }: AgentError, endpoint: Endpoint): PlainText {
  const isLed =
    cause instanceof AgentError && message === l10n.t('{0}: {1}', formatEndpoint(endpoint), cause.message);
  return isLed ? cause.message : message;
}

/** Which services are not ready: "dockerd not ready". Empty when all are. */
export function shortfallText({ services, others, containerdReady, dockerReady }: Shortfall): PlainText {
  const named = services.map(({ name, status }) =>
    joined([name === '' ? l10n.t('(no name)') : name, serviceAppearance(status).word], ' '),
  );
  if (others > 0) named.push(l10n.t('{0} more', others));
  if (named.length > 0) return joined(named, ', ');
  if (!containerdReady) return l10n.t('containerd not ready');
  return dockerReady ? joined([], '') : l10n.t('Docker not ready');
}

/** Where a transport leads, as a person would say it. */
function addressText(transport: TransportAddress): PlainText {
  switch (transport.kind) {
    case 'unix':
    case 'pipe':
    case 'hvsock':
      return plainText(transport.path, maxEndpointLength);
    case 'tcp':
    case 'tls':
      return hostAndPort(plainText(transport.host, maxEndpointLength), transport.port);
    case 'vsock':
      return plain`vsock ${transport.cid}:${transport.port}`;
    case 'exec':
      return plainText(transport.argv[0], maxEndpointLength);
  }
}

function hostAndPort(host: PlainText, port: number): PlainText {
  return host.includes(':') ? plain`[${host}]:${port}` : plain`${host}:${port}`;
}
