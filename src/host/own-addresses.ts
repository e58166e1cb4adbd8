import { networkInterfaces } from 'node:os';
import { ipAddress, isLoopbackAddress, type IpAddress } from '../base/ip-address.ts';

/** True for every address of this machine: its loopback, those of its network interfaces, and the one that means all. */
export function isOwnAddress(address: IpAddress): boolean {
  if (address === '' || address === '0.0.0.0' || address === '::' || isLoopbackAddress(address)) return true;
  return Object.values(networkInterfaces()).some((found) =>
    found?.some((own) => ipAddress(own.address.replace(/%.*$/, '')) === address),
  );
}
