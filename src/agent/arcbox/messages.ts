/** Type numbers of the frames that every published ArcBox agent knows. */
export const arcboxType = {
  empty: 0x0000,
  pingRequest: 0x0001,
  systemInfoRequest: 0x0002,
  ensureRuntimeRequest: 0x0003,
  runtimeStatusRequest: 0x0004,
  pingResponse: 0x1001,
  systemInfoResponse: 0x1002,
  ensureRuntimeResponse: 0x1003,
  runtimeStatusResponse: 0x1004,
  portBindingsChanged: 0x1030,
  portBindingsRemoved: 0x1031,
  error: 0xffff,
} as const;

/** The call that a pair of frame types carries. */
export interface ArcboxCall {
  /** Method of `arcbox.v1.AgentService`. */
  readonly method: 'Ping' | 'GetSystemInfo' | 'EnsureRuntime' | 'GetRuntimeStatus';
  readonly requestType: number;
  readonly responseType: number;
}

/** Every call that the framed wire carries. */
export const arcboxCalls: readonly ArcboxCall[] = [
  { method: 'Ping', requestType: arcboxType.pingRequest, responseType: arcboxType.pingResponse },
  {
    method: 'GetSystemInfo',
    requestType: arcboxType.systemInfoRequest,
    responseType: arcboxType.systemInfoResponse,
  },
  {
    method: 'EnsureRuntime',
    requestType: arcboxType.ensureRuntimeRequest,
    responseType: arcboxType.ensureRuntimeResponse,
  },
  {
    method: 'GetRuntimeStatus',
    requestType: arcboxType.runtimeStatusRequest,
    responseType: arcboxType.runtimeStatusResponse,
  },
];

/** Message that travels under a type number, as its name in `arcbox.v1`; `Error` is not protobuf. */
export const arcboxMessageNames: ReadonlyMap<number, string> = new Map([
  [arcboxType.empty, 'Empty'],
  [arcboxType.pingRequest, 'AgentPingRequest'],
  [arcboxType.systemInfoRequest, 'Empty'],
  [arcboxType.ensureRuntimeRequest, 'RuntimeEnsureRequest'],
  [arcboxType.runtimeStatusRequest, 'RuntimeStatusRequest'],
  [arcboxType.pingResponse, 'AgentPingResponse'],
  [arcboxType.systemInfoResponse, 'SystemInfo'],
  [arcboxType.ensureRuntimeResponse, 'RuntimeEnsureResponse'],
  [arcboxType.runtimeStatusResponse, 'RuntimeStatusResponse'],
  [arcboxType.portBindingsChanged, 'PortBindingsChanged'],
  [arcboxType.portBindingsRemoved, 'PortBindingsRemoved'],
  [arcboxType.error, 'Error'],
]);
