/**
 * `members`, of which reading any other throws, so that a figure is never measured with half of the extension standing
 * still.
 */
export function strict<T extends object>(name: string, members: T): T {
  return new Proxy(members, {
    get(target, key) {
      // The module loader and promises ask every object for these.
      if (key in target || typeof key === 'symbol' || key === '__esModule' || key === 'then') {
        return Reflect.get(target, key) as unknown;
      }
      throw new Error(`The stand-in for VS Code has no ${name}.${key}.`);
    },
  });
}
