import { formatEndpoint } from '../agent/endpoint.ts';
import type { AgentErrorCode } from '../agent/errors.ts';
import { runtimeStatusJson, systemInfoJson } from '../agent/facts-json.ts';
import { connectionError } from '../sandboxes/model/connection.ts';
import type { Disposable } from '../base/emitter.ts';
import type { HostBinding } from '../sandboxes/model/guest-facts.ts';
import type { SandboxRegistry } from '../sandboxes/watch/sandbox-registry.ts';
import type { Dated, ReadinessWord, SandboxSnapshot, SandboxSource } from '../sandboxes/model/snapshot.ts';
import type { DetailsData } from '../views/details/details-data.ts';
import type { DetailsPanels } from '../views/details/details-panels.ts';
import type { StatusBar } from '../views/status-bar.ts';
import type { StatusText } from '../views/status-text.ts';
import type { TreeNode } from '../views/tree/node.ts';
import type { SandboxTree } from '../views/tree/sandbox-tree.ts';

/**
 * What `activate()` returns to other extensions. Within one version members are only added. Everything handed out is plain
 * data that can be written as JSON; texts from a guest are cleaned, and untrusted.
 */
export interface SandlightApi {
  readonly version: 1;
  /** Every sandbox, in the order of the tree. */
  sandboxes(): readonly SandboxState[];
  /** Calls `listener` after changes, at most about 20 times a second. */
  onDidChange(listener: (sandboxes: readonly SandboxState[]) => void): Disposable;
  /** The root rows of the tree, as VS Code was told them; for tests, and for tools that read the screen to somebody. */
  rows(): readonly RowState[];
  /** The status item, as VS Code was told it. */
  status(): StatusText;
  /** What the details panels that can be seen show. */
  details(): readonly DetailsData[];
}

/** What {@link createApi} tells of. */
export interface ApiParts {
  readonly registry: SandboxRegistry;
  readonly tree: SandboxTree;
  readonly statusBar: StatusBar;
  readonly details: DetailsPanels;
}

/** One row of the tree. */
export interface RowState {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Empty where it is made only when somebody points at the row. */
  readonly tooltip: string;
  /** What a screen reader says. */
  readonly spoken: string;
  readonly contextValue: string;
  /** What row commands take as their argument. */
  readonly node: TreeNode;
  readonly children: readonly RowState[];
}

/** One sandbox. What is not known is `null`. */
export interface SandboxState {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly source: SandboxSource;
  readonly connection: 'idle' | 'connecting' | 'open' | 'backoff' | 'failed';
  readonly error: { readonly code: AgentErrorCode; readonly message: string } | null;
  readonly readiness: ReadinessWord;
  /** True when what follows was learnt on an earlier connection. */
  readonly isStale: boolean;
  readonly agent: { readonly version: string; readonly generation?: number } | null;
  readonly capabilities: readonly string[];
  readonly roundTripMs: Dated<number> | null;
  /** Guest clock minus host clock. */
  readonly clockOffsetMs: Dated<number> | null;
  /** `arcbox.v1.RuntimeStatusResponse` in proto3 JSON. */
  readonly runtime: unknown;
  /** `arcbox.v1.SystemInfo` in proto3 JSON. */
  readonly system: unknown;
  readonly ports: readonly ContainerState[] | null;
}

/** The published ports of one container. */
export interface ContainerState {
  /** Empty where the sandbox itself publishes them. */
  readonly containerId: string;
  readonly bindings: readonly HostBinding[];
}

/** The API over the model and its views. */
export function createApi({ registry, tree, statusBar, details }: ApiParts): SandlightApi {
  // A snapshot is immutable, so its state is made once, and only when somebody asks.
  const states = new WeakMap<SandboxSnapshot, SandboxState>();
  const stateOf = (snapshot: SandboxSnapshot): SandboxState => {
    const state = states.get(snapshot) ?? toState(snapshot);
    states.set(snapshot, state);
    return state;
  };
  const sandboxes = (): readonly SandboxState[] => registry.list().map(stateOf);
  return {
    version: 1,
    sandboxes,
    onDidChange: (listener) =>
      registry.onDidChange(() => {
        listener(sandboxes());
      }),
    rows: () => tree.getChildren().map((node) => toRowState(tree, node)),
    status: () => statusBar.shown,
    details: () => details.shown,
  };
}

function toRowState(tree: SandboxTree, node: TreeNode): RowState {
  const {
    id = '',
    label,
    description,
    tooltip,
    contextValue = '',
    accessibilityInformation,
  } = tree.getTreeItem(node);
  return {
    id,
    label: typeof label === 'string' ? label : '',
    description: typeof description === 'string' ? description : '',
    tooltip: typeof tooltip === 'string' ? tooltip : '',
    spoken: accessibilityInformation?.label ?? '',
    contextValue,
    node,
    children: tree.getChildren(node).map((child) => toRowState(tree, child)),
  };
}

function toState(snapshot: SandboxSnapshot): SandboxState {
  const { id, name, endpoint, source, connection, readiness, isStale, agent, ports } = snapshot;
  const { roundTripMs, clockOffsetMs } = snapshot;
  const error = connectionError(connection);
  return {
    id,
    name,
    endpoint: formatEndpoint(endpoint),
    source,
    connection: connection.phase,
    error: error && { code: error.code, message: error.message },
    readiness,
    isStale,
    agent: agent && { ...agent },
    capabilities: [...snapshot.capabilities],
    roundTripMs,
    clockOffsetMs,
    runtime: snapshot.runtime && runtimeStatusJson(snapshot.runtime.value),
    system: snapshot.system && systemInfoJson(snapshot.system.value),
    ports:
      ports.kind === 'known'
        ? ports.book.containers
            .filter(({ bindings }) => bindings.length > 0)
            .map(({ containerId, bindings }) => ({ containerId, bindings }))
        : null,
  };
}
