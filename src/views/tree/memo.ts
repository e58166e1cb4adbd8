/**
 * A function that is called again only when a part of its source that it depends on is another value (`===`); otherwise it
 * returns the same result again. `partsOf` names those parts, and is all that `make` gets to see.
 */
export function fromParts<Source, Parts extends object, Result>(
  partsOf: (source: Source) => Parts,
  make: (parts: Parts) => Result,
): (source: Source) => Result {
  let known: { readonly parts: Parts; readonly result: Result } | undefined;
  return (source) => {
    const parts = partsOf(source);
    if (known === undefined || !haveSameValues(known.parts, parts)) known = { parts, result: make(parts) };
    return known.result;
  };
}

/** A function that is called once for each object; its result is forgotten with the object. */
export function once<Key extends object, Result extends object>(
  make: (key: Key) => Result,
): (key: Key) => Result {
  const known = new WeakMap<Key, Result>();
  return (key) => {
    const result = known.get(key) ?? make(key);
    known.set(key, result);
    return result;
  };
}

/** True when two objects hold the same values (`===`) under the same keys. */
export function haveSameValues<Value extends object>(a: Value, b: Value): boolean {
  for (const key in a) if (a[key] !== b[key]) return false;
  for (const key in b) if (!(key in a)) return false;
  return true;
}
