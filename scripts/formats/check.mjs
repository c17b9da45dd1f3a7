// Checks one file by its format: node check.mjs FORMAT FILE [DIRECTORY of node_modules]. Prints what is wrong and ends with 1; 3: no schema here.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [format, file, modules] = process.argv.slice(2);
const text = fs.readFileSync(file, 'utf8');
const fail = message => { console.error(message); process.exit(1); };
const need = (condition, message) => { if (!condition) fail(message); };

function validate(schemaFile, draft04) {
  const root = path.resolve(modules ?? '.', 'package.json');
  let Ajv, formats, schema;
  try {
    const require = createRequire(root);
    Ajv = require(draft04 ? 'ajv-draft-04' : 'ajv');
    formats = require('ajv-formats');
    schema = JSON.parse(fs.readFileSync(path.join(path.dirname(root), 'node_modules', schemaFile), 'utf8'));
  } catch (error) {
    console.error(`no schema here: ${error.message.split('\n')[0]}`);
    process.exit(3);
  }
  const ajv = new (Ajv.default ?? Ajv)({ strict: false, unicodeRegExp: false });
  (formats.default ?? formats)(ajv);
  const check = ajv.compile(schema);
  if (!check(JSON.parse(text))) fail(ajv.errorsText(check.errors));
}

// Columns of a table of the Firefox Profiler are as long as it says, and point into their tables.
function firefox(profile) {
  need(profile.meta && Array.isArray(profile.threads), 'no meta or threads');
  const shared = profile.shared ?? {};
  for (const thread of profile.threads) {
    const tables = { ...shared, ...thread };
    const strings = (shared.stringArray ?? thread.stringArray ?? thread.stringTable).length;
    const inside = (table, column, size) => {
      for (const value of tables[table]?.[column] ?? []) {
        need(value === null || value === -1 || (Number.isInteger(value) && value >= 0 && value < size), `${thread.name}: ${table}.${column} has ${value}, of ${size}`);
      }
    };
    for (const [name, table] of Object.entries(tables)) {
      if (table && typeof table === 'object' && Number.isInteger(table.length) && !Array.isArray(table)) {
        for (const [column, values] of Object.entries(table)) {
          need(!Array.isArray(values) || values.length === table.length, `${thread.name}: ${name}.${column} has ${values.length} of ${table.length} rows`);
        }
      }
    }
    inside('samples', 'stack', tables.stackTable.length);
    inside('stackTable', 'frame', tables.frameTable.length);
    inside('stackTable', 'prefix', tables.stackTable.length);
    inside('frameTable', 'func', tables.funcTable.length);
    inside('funcTable', 'name', strings);
    inside('markers', 'name', strings);
  }
}

switch (format) {
  case 'sarif': validate('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json', true); break;
  case 'speedscope': validate('speedscope/dist/release/file-format-schema.json', false); break;
  case 'firefox': firefox(JSON.parse(text)); break;
  case 'json': need(JSON.parse(text).schema === 'libprof/1', 'not libprof/1'); break;
  case 'chrome':
    for (const event of JSON.parse(text).traceEvents) {
      need(['X', 'M', 'C', 'i'].includes(event.ph) && typeof event.name === 'string' && Number.isInteger(event.pid) && Number.isInteger(event.tid), `bad event ${JSON.stringify(event)}`);
      need(event.ph === 'M' || Number.isFinite(event.ts), `no time: ${JSON.stringify(event)}`);
      need(event.ph !== 'X' || event.dur >= 0, `no duration: ${JSON.stringify(event)}`);
    }
    break;
  case 'collapsed':
    for (const line of text.trimEnd().split('\n')) need(/^\S.* [0-9]+$/.test(line), `bad line ${line}`);
    break;
  case 'github':
    for (const line of text.split('\n').filter(Boolean)) need(/^::(error|warning|notice) (file=[^,:]+,(line=[0-9]+,)?)?title=[^,:]+::/.test(line), `bad line ${line}`);
    break;
  default: fail(`no check of ${format}`);
}
