// Regenerates the protocol code and fails when the checked-in files differ.
import { execFileSync } from 'node:child_process';

const generated = 'src/agent/generated';
execFileSync('npm', ['run', '--silent', 'generate'], { stdio: 'inherit' });
const changes = execFileSync('git', ['status', '--porcelain', '--', generated], { encoding: 'utf8' });
if (changes !== '') {
  console.error(`${generated} does not match proto/. Run "npm run generate" and commit:\n${changes}`);
  process.exit(1);
}
