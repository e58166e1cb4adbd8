import {
  field,
  list,
  mismatch,
  optional,
  readFields,
  record,
  type Field,
  type Fields,
  type Variant,
} from './fields.ts';
import { isCborMap } from './cbor.ts';
import { microsandboxFlag as flag } from './frame.ts';
import { define } from './message-type.ts';

/** Files of the guest. One id is one operation; `data` goes the way of the operation. */
export const fileMessage = {
  /** `op` is one of {@link fileOperations}. */
  fsRequest: define('core.fs.request', 2, flag.sessionStart, 'client', { op: field.variant }),
  /** A piece of a file. From the client an empty one ends a write. */
  fsData: define('core.fs.data', 2, flag.none, 'both', { data: field.bytes }),
  /** `data` is one of {@link fileResults}; an error is free text, usually the operating system's. */
  fsResponse: define('core.fs.response', 2, flag.terminal, 'guest', {
    ok: field.bool,
    error: optional(field.text),
    data: optional(field.variant),
  }),
} as const;

/** Most entries that one answer may list. A folder of more is read in parts, with `ReadDir`. */
export const maxAnswerEntries = 10_000;

const path = { path: field.text };
const handle = { handle: field.u64 };

/** What to change of a file; `null` leaves it. Times are seconds of Unix time. */
const attributes = record({
  mode: optional(field.u32),
  uid: optional(field.u32),
  gid: optional(field.u32),
  size: optional(field.u64),
  atime: optional(field.u64),
  mtime: optional(field.u64),
});

const openOptions = record({
  read: field.bool,
  write: field.bool,
  append: field.bool,
  create: field.bool,
  truncate: field.bool,
  create_new: field.bool,
  mode: optional(field.u32),
});

/** Every operation by its name on the wire, with its fields. Relative paths start at the root. */
export const fileOperations = {
  RealPath: path,
  Stat: { ...path, follow_symlink: field.bool },
  SetStat: { ...path, follow_symlink: field.bool, attrs: attributes },
  List: path,
  ReadLink: path,
  Symlink: { target: field.text, link_path: field.text },
  /** Makes missing parents too; a folder that is there is no error. */
  Mkdir: { ...path, mode: optional(field.u32) },
  Remove: path,
  RemoveDir: { ...path, recursive: field.bool },
  Copy: { src: field.text, dst: field.text },
  /** Replaces what is there, as rename(2). */
  Rename: { src: field.text, dst: field.text },
  OpenFile: { ...path, options: openOptions },
  OpenDir: path,
  CloseHandle: handle,
  /** `len` `null` reads to the end, however far that is. */
  Read: { ...handle, offset: field.u64, len: optional(field.u64) },
  /** The content follows as `core.fs.data`; another length than `len` is an error. */
  Write: { ...handle, offset: field.u64, len: optional(field.u64) },
  /** The next `limit` entries, 128 unless told; none at the end. */
  ReadDir: { ...handle, limit: optional(field.u32) },
  FStat: handle,
  FSetStat: { ...handle, attrs: attributes },
} as const;

type FieldsOf<Table> = { readonly [Key in keyof Table]: Table[Key] extends Field<infer T> ? T : never };

/** The fields of each operation once decoded. */
export type FileOperations = {
  readonly [Name in keyof typeof fileOperations]: FieldsOf<(typeof fileOperations)[Name]>;
};

/** One operation, decoded. */
export type FileOperation = {
  readonly [Name in keyof FileOperations]: { readonly name: Name; readonly fields: FileOperations[Name] };
}[keyof FileOperations];

const fileKinds = ['file', 'dir', 'symlink', 'other'] as const;

/** What an entry is. */
export type GuestFileKind = (typeof fileKinds)[number];

const entryFields = {
  /** The whole path, as it was asked for and with the name behind it. */
  path: field.text,
  kind: {
    expected: field.text.expected,
    accept: (value) => fileKinds.find((kind) => kind === value) ?? mismatch,
  } satisfies Field<GuestFileKind>,
  size: field.u64,
  /** Permissions, and in some agents the kind, as `st_mode` has them. */
  mode: field.u32,
  modified: optional(field.i64),
  uid: optional(field.u32),
  gid: optional(field.u32),
  atime: optional(field.i64),
  mtime: optional(field.i64),
};

/** An entry of a folder as the wire has it; times are seconds of Unix time. */
export type FileEntry = FieldsOf<typeof entryFields>;

const entry: Field<FileEntry> = record<FileEntry>(entryFields);

/** Every kind of result by its name on the wire. */
export const fileResults = {
  Stat: entry,
  List: list(entry, maxAnswerEntries),
  Handle: field.u64,
  Path: field.text,
} as const;

/** The content of each kind of result once decoded. */
export type FileResults = FieldsOf<typeof fileResults>;

/** The operation that `op` stands for; `undefined` where its name is not known or its fields do not fit. */
export function readFileOperation({ name, content }: Variant): FileOperation | undefined {
  if (!Object.hasOwn(fileOperations, name) || !isCborMap(content)) return undefined;
  const known = name as keyof FileOperations;
  const fields = readFields(fileOperations[known] as Fields<object>, content);
  // The table gives each name its fields.
  return typeof fields === 'string' ? undefined : ({ name: known, fields } as FileOperation);
}

/** The content of a result of the kind `name`; `undefined` where it is another kind, or damaged. */
export function readFileResult<Name extends keyof FileResults>(
  name: Name,
  data: Variant | null,
): FileResults[Name] | undefined {
  if (data?.name !== name) return undefined;
  const content = (fileResults[name] as Field<FileResults[Name]>).accept(data.content);
  return content === mismatch ? undefined : content;
}
