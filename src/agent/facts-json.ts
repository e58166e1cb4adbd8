import type { EnsureOutcome, PortBinding, RuntimeStatus, SystemFacts } from './facts.ts';

/*
 * What a guest tells, of whatever family, as the canonical proto3 JSON of the ArcBox message that carries it: defaults are
 * left out, 64-bit integers are text, numbers that JSON lacks are words. Written by hand, because the extension's API needs
 * it at the start and the generated code is many times as large; a test compares the two.
 */

/** As `arcbox.v1.SystemInfo`. */
export function systemInfoJson(facts: SystemFacts): object {
  return canonical(facts);
}

/** As `arcbox.v1.RuntimeStatusResponse`. */
export function runtimeStatusJson({ services, ...status }: RuntimeStatus): object {
  return {
    ...canonical(status),
    ...(services.length > 0 && { services: services.map((service) => canonical(service)) }),
  };
}

/** As `arcbox.v1.RuntimeEnsureResponse`. */
export function ensureOutcomeJson(outcome: EnsureOutcome): object {
  return canonical(outcome);
}

/** As `arcbox.v1.PortBinding`. */
export function portBindingJson(binding: PortBinding): object {
  return canonical(binding);
}

type Field = string | number | bigint | boolean | readonly (string | number)[];

function canonical(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    (Object.entries(fields) as [string, Field][])
      .filter(([, value]) => !isDefault(value))
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(scalar) : scalar(value as Scalar)]),
  );
}

type Scalar = Exclude<Field, readonly unknown[]>;

function isDefault(value: Field): boolean {
  return (
    value === '' ||
    value === false ||
    value === 0n ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}

function scalar(value: Scalar): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
