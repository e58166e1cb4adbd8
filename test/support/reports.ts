import type { ContainerFacts, ContainerReport, PortBinding } from '../../src/agent/facts.ts';

/** What an agent or engine says that tells only ports. */
export const publishing = (...bindings: readonly PortBinding[]): ContainerReport => ({
  facts: null,
  bindings,
});

/** Facts of a running container, with what a test changes. */
export const factsOf = (changes: Partial<ContainerFacts> = {}): ContainerFacts => ({
  name: 'shop-web-1',
  image: 'nginx:1.27',
  composeProject: 'shop',
  composeService: 'web',
  state: 'running',
  health: '',
  startedAtMs: 1_700_000_000_000,
  ...changes,
});
