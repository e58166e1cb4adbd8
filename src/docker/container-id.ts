/** True for a full container id, 64 hex digits; anything else must not enter a request's path. */
export function isContainerId(id: unknown): id is string {
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id);
}
