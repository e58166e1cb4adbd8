import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { whyNoPackages } from '../../support/debian-packages.ts';

const here = resolve('test/peers/ttrpc-go');
const goPath = '/usr/share/gocode';

/** Where the two programs are, once built. */
export interface TtrpcGoPrograms {
  readonly server: string;
  readonly client: string;
}

/** Why the peers cannot be built here; `undefined` when they can. */
export function whyNoTtrpcGo(): string | undefined {
  return whyNoPackages({
    'golang-go': '/usr/bin/go',
    'golang-github-containerd-ttrpc-dev': `${goPath}/src/github.com/containerd/ttrpc`,
    'golang-google-grpc-dev': `${goPath}/src/google.golang.org/grpc`,
    gogoprotobuf: '/usr/bin/protoc-gen-gogo',
    'protobuf-compiler': '/usr/bin/protoc',
  });
}

/** Builds a server and a client from Debian's Go ttrpc (1.1.1) into `out/peers/ttrpc-go`. */
export function buildTtrpcGo(): TtrpcGoPrograms {
  const out = resolve('out/peers/ttrpc-go');
  const source = join(out, 'src');
  const messages = join(source, 'peer/arcboxv1');
  mkdirSync(messages, { recursive: true });
  for (const program of ['server', 'client']) {
    cpSync(join(here, program), join(source, 'peer', program), { recursive: true });
  }
  // This ttrpc is built on the gogo runtime: messages of the official generator compile and panic at the first call.
  const files = ['arcbox/v1/common.proto', 'arcbox/v1/agent.proto'];
  const mapping = files.map((file) => `M${file}=peer/arcboxv1`).join(',');
  execFileSync('protoc', ['-I', 'proto', `--gogo_out=${mapping}:${out}`, ...files]);
  for (const file of ['common', 'agent']) {
    renameSync(join(out, `arcbox/v1/${file}.pb.go`), join(messages, `${file}.pb.go`));
  }
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: `${out}:${goPath}`, GOCACHE: join(out, 'cache') };
  const build = (program: string): string => {
    const binary = join(out, program);
    execFileSync('go', ['build', '-o', binary, `peer/${program}`], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return binary;
  };
  return { server: build('server'), client: build('client') };
}
