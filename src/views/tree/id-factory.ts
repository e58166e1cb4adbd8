import { nodeId } from './node.ts';

/** Makes ids below one parent; a repeated one gets a number, because a guest may name two services alike. */
export type IdFactory = (...parts: readonly (string | number)[]) => string;

/** An id factory for the rows below `parent`, which is an id itself. */
export function idsBelow(parent: string): IdFactory {
  const seen = new Map<string, number>();
  return (...parts) => {
    const id = `${parent}/${nodeId(...parts)}`;
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? id : `${id}/${count}`;
  };
}
