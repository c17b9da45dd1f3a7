// Builds the page of the HTML report: one file with its style, its script and the licences of what is in it.
//     node build.mjs            writes src/Analyzer/Exporters/Html/report.html and THIRD-PARTY.txt
//     node build.mjs --check    says whether they are up to date (exit status 1 if not)
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const web = dirname(fileURLToPath(import.meta.url));
const root = dirname(web);
const targets = ['chrome100', 'firefox100', 'safari15.4'];

const bundle = await build({
  entryPoints: [join(web, 'src/main.js')], absWorkingDir: web, bundle: true, minify: true, write: false, metafile: true,
  format: 'iife', charset: 'ascii', legalComments: 'none', target: targets,
});
const script = bundle.outputFiles[0].text.trim();
const style = (await transform(readFileSync(join(web, 'src/styles.css'), 'utf8'), { loader: 'css', minify: true, charset: 'ascii', target: targets })).code.trim();

const names = [...new Set(Object.keys(bundle.metafile.inputs).map(path => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean))].sort();
const licences = names.map(name => {
  const folder = join(web, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find(each => /^licen[cs]e(\.\w+)?$/i.test(each));
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}).join('\n' + '-'.repeat(72) + '\n\n');

const hash = text => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
const policy = ["default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(style)}`, "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"].join('; ');
if (/<\/script|<!--/i.test(script + licences) || /<\/style/i.test(style)) throw new Error('the script, the style or a licence would end its element');

const parts = { '@CSP@': policy, '@STYLE@': style, '@SCRIPT@': script, '@LICENCES@': licences };
const page = readFileSync(join(web, 'src/page.html'), 'utf8').replace(/@(CSP|STYLE|SCRIPT|LICENCES)@/g, name => parts[name]);
if (page.split('@LIBPROF_DATA@').length !== 2) throw new Error('the page must have exactly one place for data');

const outputs = {
  'src/Analyzer/Exporters/Html/report.html': page,
  'THIRD-PARTY.txt': 'What the page of the HTML report contains besides LibProf\'s own code (made by scripts/build-page).\n\n' + licences,
};
let stale = false;
for (const [path, text] of Object.entries(outputs)) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (process.argv.includes('--check')) {
    stale = true;
    console.error(`${path} is not what web/ builds: run scripts/build-page`);
  } else {
    writeFileSync(file, text);
    console.log(`${path}: ${(text.length / 1024).toFixed(0)} KiB`);
  }
}
process.exit(stale ? 1 : 0);
