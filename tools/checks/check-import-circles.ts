/** `check-import-circles.ts [folder of the project]`: lists files that import each other in a circle, and fails when there are some. */
import path from 'node:path';
import process from 'node:process';
import { importCircles } from './import-circles.ts';

const project = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '../..'));
const circles = importCircles(project);
for (const circle of circles) console.error(`These files import each other: ${circle.join(' → ')}`);
if (circles.length > 0) {
  console.error('What to do: move what both need, most often a type, into the file that the others import.');
  process.exitCode = 1;
}
