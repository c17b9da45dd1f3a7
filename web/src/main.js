import { el } from './dom.js';
import { findings, libraries, modules, subject } from './data.js';
import { masthead, verdict, buildOverview } from './overview.js';
import { buildImports } from './icicle.js';
import { buildTimeline } from './timeline.js';
import { buildFlame } from './flame.js';
import { buildLibraries, buildModules } from './listings.js';
import { buildRun } from './run.js';
import { tabView } from './tabs.js';
import { whole } from './format.js';

const parts = {};

/** Opens a part of the page and looks something up there. */
function go(id, query) {
  view.show(id, true);
  parts[id]?.search(query);
  document.getElementById('tab-' + id).focus();
}

const view = tabView([
  { id: 'findings', title: 'Findings', badge: findings?.length, build: panel => buildOverview(panel, go) },
  { id: 'imports', title: 'Imports', build: panel => { parts.imports = buildImports(panel); } },
  { id: 'timeline', title: 'Timeline', build: panel => buildTimeline(panel) },
  { id: 'flame', title: 'Flame graph', build: panel => { parts.flame = buildFlame(panel); } },
  { id: 'libraries', title: 'Libraries', badge: whole(libraries.length), build: panel => { parts.libraries = buildLibraries(panel, go); } },
  { id: 'modules', title: 'Modules', badge: whole(modules.length), build: panel => { parts.modules = buildModules(panel, go); } },
  { id: 'run', title: 'Run', build: panel => buildRun(panel) },
]);

document.title = `${subject()} – LibProf`;
document.getElementById('page').append(masthead(), el('main', {}, verdict(), view.list, view.panels));
view.show(location.hash.slice(1), false);
