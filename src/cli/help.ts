import { joined, plain, plainText, type PlainText } from '../base/text.ts';
import type { Command, CommandOption } from './command.ts';

/** How a command is written. */
export function usageLine({ name, arguments: rows, options, program }: Command): PlainText {
  const words = [
    plain`sandlight ${name}`,
    ...(Object.keys(options).length > 0 ? [plain`[OPTION]...`] : []),
    ...rows.map((row) => (row.isOptional === true ? plain`[${row.name}]` : row.name)),
    ...(program === undefined ? [] : [plain`-- ${program}`]),
  ];
  return joined(words, ' ');
}

/** What `sandlight --help` prints. */
export function overviewText(commands: readonly Command[]): PlainText {
  return joined(
    [
      plain`Usage: sandlight COMMAND [OPTION]... [ARGUMENT]...`,
      plain`Commands:\n${columns(commands.map(({ name, summary }) => [name, summary]))}`,
      plain`ENDPOINT is a URL such as arcbox+unix:///run/agent.sock, or a name that list tells.`,
      plain`sandlight COMMAND --help tells more of one; sandlight --version tells the version.`,
    ],
    '\n\n',
  );
}

/** What `--help` prints of one command. */
export function commandText(
  command: Command,
  commonOptions: Readonly<Record<string, CommandOption>>,
): PlainText {
  const own = optionRows(command.options);
  return joined(
    [
      plain`Usage: ${usageLine(command)}`,
      command.summary,
      ...(own.length > 0 ? [plain`Options:\n${columns(own)}`] : []),
      plain`Options of every command:\n${columns(optionRows(commonOptions))}`,
    ],
    '\n\n',
  );
}

function optionRows(options: Readonly<Record<string, CommandOption>>): (readonly [PlainText, PlainText])[] {
  return Object.entries(options).map(([name, { value, summary, isRepeatable }]) => [
    plain`--${plainText(name, 40)}${value === undefined ? plain`` : plain` ${value}`}`,
    isRepeatable === true ? plain`${summary} (may be repeated)` : summary,
  ]);
}

function columns(rows: readonly (readonly [left: PlainText, right: PlainText])[]): PlainText {
  const width = Math.max(...rows.map(([left]) => left.length));
  const gap = (left: PlainText): PlainText =>
    joined(new Array<PlainText>(width - left.length).fill(plain` `), '');
  return joined(
    rows.map(([left, right]) => plain`  ${left}${gap(left)}  ${right}`),
    '\n',
  );
}
