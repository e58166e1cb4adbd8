/** From here on, in milliseconds, a guest's clock that is off deserves a warning, or to be set. */
export const clockToleranceMs = 2000;
