import { addressAndPort, isLoopbackAddress } from '../base/ip-address.ts';
import { plain, type PlainText } from '../base/text.ts';
import type { PortBinding } from '../views/tree/node.ts';

/** Container ports that browsers speak to in the clear. */
const httpPorts: ReadonlySet<number> = new Set([
  80, 591, 1313, 3000, 3001, 4000, 4173, 4200, 5000, 5173, 5601, 8000, 8008, 8080, 8081, 8088, 8090, 8200,
  8501, 8888, 9000, 9090, 9200, 15672, 16686,
]);
const httpsPorts: ReadonlySet<number> = new Set([443, 4443, 6443, 8443, 9443]);

/** How a browser may speak to a port. */
export type Scheme = 'http' | 'https';

/** What a container port is for, as far as its number tells; `undefined` when it does not. */
export function guessScheme({ containerPort }: Pick<PortBinding, 'containerPort'>): Scheme | undefined {
  if (httpsPorts.has(containerPort)) return 'https';
  return httpPorts.has(containerPort) ? 'http' : undefined;
}

/** `host:port` to reach a binding from the machine it is published on. */
export function reachableAddress({ hostIp, hostPort }: Pick<PortBinding, 'hostIp' | 'hostPort'>): PlainText {
  const isLocal = hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::' || isSimpleLoopback(hostIp);
  return isLocal ? plain`localhost:${hostPort}` : addressAndPort(hostIp, hostPort);
}

/** Where `localhost` leads; another loopback address, such as 127.0.0.2, is an address of its own. */
function isSimpleLoopback(hostIp: PortBinding['hostIp']): boolean {
  return isLoopbackAddress(hostIp) && (hostIp === '127.0.0.1' || hostIp === '::1');
}
