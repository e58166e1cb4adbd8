import type { Endpoint } from '../../agent/endpoint.ts';
import type { SandboxSource } from '../snapshot.ts';

/** What a discovered sandbox is doing. `dead`: it is recorded as running, or crashed, and nothing answers. */
export type DiscoveredState = 'running' | 'starting' | 'paused' | 'stopped' | 'dead';

/** A port that the sandbox's own tool publishes. */
export interface PublishedPort {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly guestPort: number;
  readonly protocol: string;
}

/** A sandbox found on this machine without being configured. */
export interface DiscoveredSandbox {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly source: SandboxSource;
  readonly state: DiscoveredState;
  readonly ports: readonly PublishedPort[];
  /** Socket of its Docker engine, where the host forwards one. */
  readonly dockerSocket?: string;
  /** A sentence about what is odd, such as records that contradict what was seen. */
  readonly note?: string;
}
