/**
 * Keeps a list in an order of its own: each call takes a list and returns its items in order. Most items are those of the
 * call before, as the same objects, so that only new ones are compared, each with a few.
 */
export function inOrder<Item extends object>(
  compare: (a: Item, b: Item) => number,
): (items: readonly Item[]) => readonly Item[] {
  let sorted: readonly Item[] = [];
  return (items) => {
    const present = new Set(items);
    const known = new Set(sorted);
    const kept = sorted.filter((item) => present.has(item));
    const added = items.filter((item) => !known.has(item)).sort(compare);
    if (added.length === 0) {
      if (kept.length < sorted.length) sorted = kept;
      return sorted;
    }
    const merged: Item[] = [];
    let from = 0;
    for (const item of added) {
      const to = firstAfter(kept, item, compare, from);
      merged.push(...kept.slice(from, to));
      merged.push(item);
      from = to;
    }
    merged.push(...kept.slice(from));
    sorted = merged;
    return sorted;
  };
}

/** Where `item` belongs in a list in order, from the index `from` on: before the first item that comes after it. */
function firstAfter<Item>(
  items: readonly Item[],
  item: Item,
  compare: (a: Item, b: Item) => number,
  from: number,
): number {
  let low = from;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = items[middle];
    if (other !== undefined && compare(other, item) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
