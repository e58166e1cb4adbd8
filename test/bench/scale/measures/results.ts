/** Measured numbers by name; units stand in the names. */
export type Results = Readonly<Record<string, number>>;
