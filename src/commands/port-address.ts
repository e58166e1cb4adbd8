import type { PortBinding } from '../views/tree/node.ts';

/** Container ports that browsers speak to in the clear. */
const httpPorts: ReadonlySet<number> = new Set([
  80, 591, 1313, 3000, 3001, 4000, 4173, 4200, 5000, 5173, 5601, 8000, 8008, 8080, 8081, 8088, 8090, 8200,
  8501, 8888, 9000, 9090, 9200, 15672, 16686,
]);
const httpsPorts: ReadonlySet<number> = new Set([443, 4443, 6443, 8443, 9443]);

/** What a container port is for, as far as its number tells; `undefined` when it does not. */
export function guessScheme({ containerPort }: PortBinding): 'http' | 'https' | undefined {
  if (httpsPorts.has(containerPort)) return 'https';
  return httpPorts.has(containerPort) ? 'http' : undefined;
}

/** `host:port` to reach a binding from the machine it is published on. */
export function reachableAddress({ hostIp, hostPort }: PortBinding): string {
  const isWildcard = ['', '*', '0.0.0.0', '::', '127.0.0.1', '::1'].includes(hostIp);
  const host = isWildcard ? 'localhost' : hostIp.includes(':') ? `[${hostIp}]` : hostIp;
  return `${host}:${hostPort}`;
}
