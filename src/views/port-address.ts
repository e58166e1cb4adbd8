import { addressAndPort, isLoopbackAddress } from '../base/ip-address.ts';
import { plain, type PlainText } from '../base/text.ts';
import type { HostBinding } from '../sandboxes/model/guest-facts.ts';

/** Container ports that browsers speak to in the clear. */
const httpPorts: ReadonlySet<number> = new Set([
  80, 591, 1313, 3000, 3001, 4000, 4173, 4200, 5000, 5173, 5601, 8000, 8008, 8080, 8081, 8088, 8090, 8200,
  8501, 8888, 9000, 9090, 9200, 15672, 16686,
]);
const httpsPorts: ReadonlySet<number> = new Set([443, 4443, 6443, 8443, 9443]);

/** Container ports by the scheme that clients of what listens there write in front of an address. */
const clientSchemes: ReadonlyMap<number, PlainText> = new Map([
  [1433, plain`sqlserver`],
  [3306, plain`mysql`],
  [5432, plain`postgresql`],
  [5672, plain`amqp`],
  [6379, plain`redis`],
  [9042, plain`cassandra`],
  [11211, plain`memcached`],
  [26257, plain`postgresql`],
  [27017, plain`mongodb`],
]);
/** Container ports of databases that have no such scheme. */
const databasePorts: ReadonlySet<number> = new Set([1521, 5984, 7687, 8086, 9300, 50000]);
/** Images of databases, whatever port they were told to use. */
const databaseImage =
  /(?:^|\/)(?:[\w.-]*-)?(?:postgres|postgis|timescaledb|mysql|mariadb|redis|valkey|mongo|mongodb|memcached|cassandra|cockroach)(?:[-:@]|$)/;

/** How a browser may speak to a port. */
export type Scheme = 'http' | 'https';

/** What a container port is for, as far as its number tells; `undefined` when it does not. */
export function guessScheme({ containerPort }: Pick<HostBinding, 'containerPort'>): Scheme | undefined {
  if (httpsPorts.has(containerPort)) return 'https';
  return httpPorts.has(containerPort) ? 'http' : undefined;
}

/** `host:port` to reach a binding from the machine it is published on. */
export function reachableAddress({ hostIp, hostPort }: Pick<HostBinding, 'hostIp' | 'hostPort'>): PlainText {
  const isLocal = hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::' || isSimpleLoopback(hostIp);
  return isLocal ? plain`localhost:${hostPort}` : addressAndPort(hostIp, hostPort);
}

/** Where `localhost` leads; another loopback address, such as 127.0.0.2, is an address of its own. */
function isSimpleLoopback(hostIp: HostBinding['hostIp']): boolean {
  return isLoopbackAddress(hostIp) && (hostIp === '127.0.0.1' || hostIp === '::1');
}

/** What listens behind a port, as far as its number and the container's image tell. */
export type PortPurpose = 'web' | 'database' | 'other';

/** What a published port is for. `image` is the container's; empty where it is not known. */
export function purposeOf(
  { containerPort, protocol }: Pick<HostBinding, 'containerPort' | 'protocol'>,
  image: PlainText,
): PortPurpose {
  if (protocol !== 'tcp') return 'other';
  if (databaseImage.test(image)) return 'database';
  if (guessScheme({ containerPort }) !== undefined) return 'web';
  return databasePorts.has(containerPort) || clientSchemeOf({ containerPort }) !== undefined
    ? 'database'
    : 'other';
}

/** What a client of the service writes in front of an address: "postgresql"; `undefined` where that is not known. */
export function clientSchemeOf({ containerPort }: Pick<HostBinding, 'containerPort'>): PlainText | undefined {
  return clientSchemes.get(containerPort);
}
