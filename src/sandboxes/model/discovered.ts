import type { Endpoint } from '../../agent/endpoint.ts';
import type { PlainText } from '../../base/text.ts';
import type { IpAddress } from '../../base/ip-address.ts';

/** What a discovered sandbox is doing. `dead`: it is recorded as running, or crashed, and nothing answers. */
export type DiscoveredState = 'running' | 'starting' | 'paused' | 'stopped' | 'dead';

/** A port of the sandbox that the host publishes. */
export interface HostPort {
  readonly hostAddress: IpAddress;
  readonly hostPort: number;
  /** The service must listen on more than the guest's loopback, or the port is accepted but answers nothing. */
  readonly guestPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** What the tool that owns a sandbox tells of it. */
export interface DiscoveredFacts {
  /**
   * The name under which the tool files it, where that is known: tells sandboxes apart whose names look alike, and may
   * hold any character, so it is never shown.
   */
  readonly recordName?: string;
  readonly state: DiscoveredState;
  /** `null` when the tool does not tell them. */
  readonly ports: readonly HostPort[] | null;
  /**
   * True when the sandbox's owner has asked its tool to leave the guest's clock alone (microsandbox `--guest-clock off`):
   * drift is then wanted, neither to be warned about nor to be corrected unasked. Absent when the tool does not tell.
   */
  readonly isClockFree?: boolean;
  /** A sentence about what is odd, such as records that contradict what was seen. */
  readonly note?: PlainText;
}

/** A sandbox found on this machine without being configured. */
export interface DiscoveredSandbox extends DiscoveredFacts {
  /** Never empty. */
  readonly name: PlainText;
  readonly endpoint: Endpoint;
  readonly source: 'microsandbox' | 'arcbox';
  /** Socket of its Docker engine, where the host forwards one. */
  readonly dockerSocket?: string;
}
