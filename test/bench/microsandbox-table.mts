// Prints the microsandbox part of `npm run bench` as a Markdown table.
import { benchMicrosandbox } from './microsandbox.ts';

console.log('| what | value | unit | to reach |\n|---|---:|---|---|');
for (const { what, value, unit, reach = '-' } of await benchMicrosandbox()) {
  console.log(`| ${what} | ${Number(value.toPrecision(3))} | ${unit} | ${reach} |`);
}
