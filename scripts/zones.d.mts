/** See zones.mjs. */
export declare const rooms: Readonly<Record<string, readonly string[]>>;
