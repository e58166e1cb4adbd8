import { basename, dirname } from 'node:path';
import * as l10n from '../../base/l10n.ts';
import { plain, plainText, type PlainText } from '../../base/text.ts';
import { formatEndpoint, type Protocol, type TlsFiles } from '../../agent/endpoint.ts';
import { agentCommand } from '../../agent/endpoint-repairs.ts';
import type { Choice } from '../../host/notify.ts';
import * as problems from './problems.ts';
import { expanded, socketTransport, wordsOf } from './words.ts';

/** What may be asked on the way to an endpoint. */
export type PartKey =
  | 'socket'
  | 'protocol'
  | 'host'
  | 'container'
  | 'pod'
  | 'namespace'
  | 'command'
  | 'address'
  | 'trust'
  | 'caFile'
  | 'certFile'
  | 'keyFile'
  | 'found'
  | 'endpoint'
  | 'repair';

/** What was answered so far. */
export type Answers = Readonly<Partial<Record<PartKey, string>>>;

/** One question on the way to an endpoint. */
export type Part =
  | {
      readonly key: PartKey;
      readonly prompt: PlainText;
      readonly initial?: string;
      readonly placeHolder?: PlainText;
      readonly problem: (value: string) => PlainText | undefined;
      readonly warning?: (value: string) => PlainText | undefined;
      readonly browse?: PlainText;
    }
  | { readonly key: PartKey; readonly prompt: PlainText; readonly choices: readonly Choice<string>[] };

/** One way to reach a guest agent, as a person thinks of it. */
export interface Way {
  readonly label: PlainText;
  readonly detail: PlainText;
  readonly icon: string;
  /** The questions in their order; later ones may depend on earlier answers. */
  readonly parts: (answers: Answers) => readonly Part[];
  /** The endpoint as text, once all is answered. */
  readonly endpoint: (answers: Answers) => string;
  /** What the sandbox may be called; empty when nothing suggests itself. */
  readonly name: (answers: Answers) => string;
  /** The certificates that go with the endpoint. */
  readonly tls?: (answers: Answers) => TlsFiles | undefined;
}

/** A {@link Way} by its name. */
export type WayName = 'found' | 'socket' | 'ssh' | 'docker' | 'kubectl' | 'tls' | 'endpoint';

/** Every way, in the order in which they are offered. */
export function ways(found: Way): Readonly<Record<WayName, Way>> {
  return {
    found,
    socket: {
      label: l10n.t('Socket file'),
      detail: l10n.t('A Unix socket or named pipe of this machine'),
      icon: 'file',
      parts: () => [socketPart(), protocolPart('arcbox')],
      endpoint: ({ socket = '', protocol }) => socketEndpoint(socket, protocol),
      name: ({ socket = '' }) => socketName(socket),
    },
    ssh: {
      label: l10n.t('Over SSH'),
      detail: l10n.t('Runs the agent on another machine by {0}', 'ssh'),
      icon: 'remote',
      parts: () => [
        {
          key: 'host',
          prompt: l10n.t('Which machine?'),
          placeHolder: plain`user@host`,
          problem: problems.hostProblem,
        },
        commandPart(),
      ],
      endpoint: ({ host = '', command = '' }) => execEndpoint('ssh', host, ...wordsOf(command)),
      name: ({ host = '' }) => host.replace(/^ssh:\/\/|^.*@|[.:].*$/g, ''),
    },
    docker: {
      label: l10n.t('In a Docker container'),
      detail: l10n.t('Runs the agent by {0}', 'docker exec -i'),
      icon: 'package',
      parts: () => [
        {
          key: 'container',
          prompt: l10n.t('Which container?'),
          placeHolder: plain`shop-web-1`,
          problem: problems.containerProblem,
        },
        commandPart(),
      ],
      endpoint: ({ container = '', command = '' }) =>
        execEndpoint('docker', 'exec', '-i', container, ...wordsOf(command)),
      name: ({ container = '' }) => container,
    },
    kubectl: {
      label: l10n.t('In a Kubernetes pod'),
      detail: l10n.t('Runs the agent by {0}', 'kubectl exec -i'),
      icon: 'server-environment',
      parts: () => [
        {
          key: 'pod',
          prompt: l10n.t('Which pod?'),
          placeHolder: plain`deploy/web`,
          problem: problems.podProblem,
        },
        {
          key: 'namespace',
          prompt: l10n.t('In which namespace? Nothing means the current one.'),
          problem: problems.namespaceProblem,
        },
        commandPart(),
      ],
      endpoint: ({ pod = '', namespace = '', command = '' }) =>
        execEndpoint(
          ...['kubectl', 'exec', '-i', ...(namespace === '' ? [] : ['-n', namespace])],
          ...[pod, '--', ...wordsOf(command)],
        ),
      name: ({ pod = '' }) => pod.replace(/^.*\//, ''),
    },
    tls: {
      label: l10n.t('TLS host'),
      detail: l10n.t('An agent that listens on the network, behind a certificate'),
      icon: 'lock',
      parts: ({ trust }) => [
        {
          key: 'address',
          prompt: l10n.t('Which host and port?'),
          placeHolder: plain`build.example:7443`,
          problem: problems.addressProblem,
        },
        protocolPart('arcbox-grpc'),
        trustPart(),
        ...(trust === 'own' || trust === 'mutual'
          ? [filePart('caFile', l10n.t('Which authorities may vouch for it?'))]
          : []),
        ...(trust === 'mutual'
          ? [
              filePart('certFile', l10n.t('Which certificate is ours?')),
              filePart('keyFile', l10n.t('Where is its private key?')),
            ]
          : []),
      ],
      endpoint: ({ address = '', protocol = '' }) => `${protocol}+tls://${address}`,
      tls: tlsFiles,
      name: ({ address = '' }) => (/^[\d[]/.test(address) ? '' : address.replace(/[.:].*$/, '')),
    },
    endpoint: {
      label: l10n.t('Paste an endpoint'),
      detail: l10n.t('For example {0}', problems.exampleEndpoint),
      icon: 'edit',
      parts: endpointParts,
      endpoint: writtenEndpoint,
      name: () => '',
    },
  };
}

/** The endpoint that was written, or the one that was chosen for it. */
export function writtenEndpoint({ endpoint = '', repair }: Answers): string {
  return repair !== undefined && problems.repairsFor(endpoint).some((offered) => offered === repair)
    ? repair
    : endpoint;
}

/** Asks for the text of an endpoint and, where it is none, which one may be meant. */
export function endpointParts({ endpoint = '' }: Answers): readonly Part[] {
  const repairs = problems.repairsFor(endpoint);
  const repairPart: Part = {
    key: 'repair',
    prompt: l10n.t('This is not an endpoint. Which one is meant?'),
    choices: repairs.map((repair) => ({ label: repair, value: repair })),
  };
  return [
    {
      key: 'endpoint',
      prompt: l10n.t('Where does its guest agent listen?'),
      placeHolder: plain`${problems.exampleEndpoint}`,
      problem: problems.endpointProblem,
      warning: problems.endpointWarning,
    },
    ...(repairs.length === 0 ? [] : [repairPart]),
  ];
}

/** Asks which protocol is spoken; `first` is the likeliest. */
export function protocolPart(first: Protocol): Part {
  const meanings: readonly (readonly [Protocol, PlainText])[] = [
    ['arcbox', l10n.t('ArcBox frames, as its guest agents and the reference agent speak')],
    ['arcbox-ttrpc', l10n.t('The ArcBox service over ttrpc')],
    ['arcbox-grpc', l10n.t('The ArcBox service over gRPC')],
    ['microsandbox', l10n.t("The socket of microsandbox's relay")],
    ['microsandbox-direct', l10n.t("A microsandbox agent's own channel")],
  ];
  const ordered = meanings.toSorted(([a], [b]) => Number(b === first) - Number(a === first));
  return {
    key: 'protocol',
    prompt: l10n.t('What does the agent speak?'),
    choices: ordered.map(([value, detail]) => ({ label: plainText(value, 40), detail, value })),
  };
}

/** The endpoint of the socket of a path. */
export function socketEndpoint(socket: string, protocol: string | undefined): string {
  return formatEndpoint({ protocol: protocol as Protocol, transport: socketTransport(socket) });
}

function tlsFiles({ trust, caFile = '', certFile = '', keyFile = '' }: Answers): TlsFiles | undefined {
  if (trust !== 'own' && trust !== 'mutual') return undefined;
  const ca = { caFile: expanded(caFile) };
  return trust === 'own' ? ca : { ...ca, certFile: expanded(certFile), keyFile: expanded(keyFile) };
}

function socketPart(): Part {
  return {
    key: 'socket',
    prompt: l10n.t('Which socket?'),
    placeHolder: plain`/run/agent.sock`,
    problem: problems.socketProblem,
    browse: l10n.t('Choose a Socket'),
  };
}

function commandPart(): Part {
  return {
    key: 'command',
    prompt: l10n.t('Which command starts the agent there, speaking over its input and output?'),
    initial: agentCommand.join(' '),
    problem: problems.commandProblem,
  };
}

function trustPart(): Part {
  return {
    key: 'trust',
    prompt: l10n.t('Who vouches for the host?'),
    choices: [
      { label: l10n.t('The usual authorities'), value: 'usual' },
      { label: l10n.t('An authority of our own'), value: 'own' },
      { label: l10n.t('An authority of our own, and it asks for our certificate'), value: 'mutual' },
    ],
  };
}

function filePart(key: PartKey, prompt: PlainText): Part {
  return {
    ...{ key, prompt, placeHolder: plain`/etc/sandlight/file.pem` },
    problem: problems.fileProblem,
    browse: l10n.t('Choose a PEM File'),
  };
}

function execEndpoint(program: string, ...args: readonly string[]): string {
  return formatEndpoint({ protocol: 'arcbox', transport: { kind: 'exec', argv: [program, ...args] } });
}

/** The name of the file without its ending; of the folder around it where that says nothing. */
export function socketName(path: string): string {
  const portable = path.replaceAll('\\', '/');
  const name = basename(portable).replace(/\.(sock|socket)$/, '');
  return /^(agent|guest|v|vsock|socket)$/.test(name) ? basename(dirname(portable)) : name;
}
