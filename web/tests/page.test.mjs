// The page in a real browser. LIBPROF_PAGES: the directory of pages that the C# tests have written; LIBPROF_CHROMIUM: the browser.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.LIBPROF_CHROMIUM, args: ['--no-sandbox'] });
});
after(() => browser?.close());

/** Opens a page; whatever it asks of the network, and any error, fails the test. */
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on('pageerror', error => trouble.push('error: ' + error.message));
  page.on('console', message => message.type() === 'error' && trouble.push('console: ' + message.text()));
  page.on('request', request => request.url().startsWith('file://') && request.url().split('#')[0].endsWith(`/${name}.html`) || trouble.push('request: ' + request.url()));
  page.on('dialog', dialog => trouble.push('dialog: ' + dialog.message()));
  await page.goto(pathToFileURL(join(process.env.LIBPROF_PAGES, name + '.html')).href + (options.hash ?? ''));
  await (options.ready?.(page) ?? page.getByRole('tab', { selected: true })).waitFor();
  page.close_ = async () => {
    await context.close();
    assert.deepEqual(trouble, []);
  };
  return page;
}

const tab = (page, name) => page.getByRole('tab', { name }).click();
const frame = page => page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
const current = page => page.locator('[role=tree]:visible [role=treeitem][aria-selected=true]').textContent();
const cells = (page, column) => page.locator(`table:visible tbody tr > :nth-child(${column})`).allTextContents();

/** How many different colours a canvas shows: one that is drawn on has more than a few. */
const colours = page => page.locator('canvas:visible').evaluate(canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return seen.size;
});

test('every tab opens by a click, and the address remembers which', async () => {
  const page = await open('small');
  for (const name of ['Imports', 'Timeline', 'Flame graph', 'Libraries', 'Modules', 'Run', 'Findings']) {
    await tab(page, name);
    await page.getByRole('tabpanel', { name }).getByRole('heading', { level: 2 }).first().waitFor();
    assert.equal(await page.getByRole('tabpanel').filter({ visible: true }).count(), 1);
  }
  await tab(page, 'Modules');
  assert.match(page.url(), /#modules$/);
  await page.reload();
  assert.match(await page.getByRole('tab', { selected: true }).textContent(), /^Modules\d+$/);
  await page.close_();
});

test('the verdict says the time, the share of initialisation and what could be saved', async () => {
  const page = await open('full');
  const verdict = await page.getByRole('region', { name: 'Verdict' }).innerText();
  assert.match(verdict, /48\.0.ms/);
  assert.match(verdict, /Initialisation\s+6\d.%/);
  assert.match(verdict, /Could be saved\s+18\.2.ms/, 'a finding within another one counts once');
  assert.match(verdict, /Peak memory\s+20\.0.MiB/);
  await page.close_();
});

test('findings are cards with import chain, evidence and suggestion, and lead to the icicle', async () => {
  const page = await open('full');
  const cards = page.getByRole('article');
  assert.equal(await cards.count(), 2);
  const card = page.getByRole('article', { name: 'numpy', exact: true });
  assert.match(await card.innerText(), /Never used[\s\S]*18\.2.ms[\s\S]*no function of 214[\s\S]*app\.py:2[\s\S]*numpy[\s\S]*Import <b>numpy<\/b> where it is used:\s+def f\(\):\n    import numpy/);
  assert.equal(await page.locator('article b').count(), 0);
  await card.getByRole('button', { name: 'Show among the imports' }).click();
  assert.equal(await page.getByRole('tab', { selected: true }).textContent(), 'Imports');
  assert.match(await current(page), /^numpy, /);
  await page.close_();
});

test('what was not measured is said to be so', async () => {
  const attached = await open('attached');
  assert.match(await attached.getByRole('tabpanel').filter({ visible: true }).innerText(), /Not worked out/);
  await attached.close_();
  const page = await open('small');
  await tab(page, 'Imports');
  assert.ok(await page.getByRole('radio', { name: 'Memory' }).isDisabled());
  assert.ok(await page.getByRole('radio', { name: 'Use' }).isDisabled());
  await tab(page, 'Timeline');
  assert.match(await page.getByRole('tabpanel').filter({ visible: true }).innerText(), /Memory over time is not in this recording/);
  await page.close_();
});

test('an attached process and one without Python have pages too', async () => {
  for (const name of ['attached', 'nopython']) {
    const page = await open(name);
    for (const each of ['Imports', 'Timeline', 'Flame graph', 'Libraries', 'Modules', 'Run']) await tab(page, each);
    await tab(page, 'Imports');
    assert.match(await page.getByRole('tabpanel').filter({ visible: true }).innerText(), /Not measured/);
    await page.close_();
  }
});

test('the icicle zooms by click, shows a path back, and zooms out again', async () => {
  const page = await open('full', { hash: '#imports' });
  await frame(page);
  const canvas = page.locator('canvas:visible');
  await canvas.click({ position: { x: 60, y: 30 } });
  assert.match(await current(page), /^numpy, /);
  const crumbs = page.getByRole('navigation', { name: 'Zoomed into' });
  assert.equal(await crumbs.getByRole('button').count(), 2);
  await crumbs.getByRole('button').first().click();
  assert.ok(await crumbs.isHidden());
  assert.match(await current(page), /^All imports/);
  await page.close_();
});

test('the icicle is a tree for the keyboard and for screen readers', async () => {
  const page = await open('full', { hash: '#imports' });
  const tree = page.getByRole('tree', { name: /^Imports/ });
  await tree.focus();
  assert.match(await current(page), /^All imports/);
  await page.keyboard.press('ArrowDown');
  assert.match(await current(page), /^numpy, 19\.\d.ms, .*(used|never used|unknown|not since init).*imported at app\.py:2/);
  const item = page.locator('[role=treeitem][aria-selected=true]');
  assert.equal(await item.getAttribute('aria-level'), '2');
  assert.equal(await item.getAttribute('aria-expanded'), 'true');
  assert.equal(await tree.getAttribute('aria-activedescendant'), await item.getAttribute('id'));
  await page.keyboard.press('ArrowRight');
  const sibling = await current(page);
  assert.doesNotMatch(sibling, /^numpy,/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Zoomed into' }).waitFor();
  await page.keyboard.press('ArrowDown');
  assert.match(await current(page), /^numpy\./);
  await page.keyboard.press('Backspace');
  assert.ok(await page.getByRole('navigation', { name: 'Zoomed into' }).isHidden());
  await page.keyboard.press('Escape');
  assert.match(await current(page), /^All imports/);
  await page.close_();
});

test('width by memory and colour by library can be chosen', async () => {
  const page = await open('full', { hash: '#imports' });
  await page.getByRole('tree').focus();
  await page.keyboard.press('ArrowDown');
  const byTime = await current(page);
  await page.getByRole('radio', { name: 'Memory' }).check();
  await page.getByRole('tree').focus();
  assert.match(await current(page), /^All imports, .*(KiB|MiB)/);
  assert.match(byTime, /ms/);
  assert.equal(await page.getByRole('list', { name: 'Legend' }).filter({ visible: true }).getByText('never used').count(), 1);
  await page.getByRole('radio', { name: 'Library' }).check();
  assert.equal(await page.getByRole('list', { name: 'Legend' }).filter({ visible: true }).getByText('standard library').count(), 1);
  await page.close_();
});

test('used, not used and unknown differ by pattern and mark, not only by colour', async () => {
  const page = await open('full', { hash: '#imports' });
  const legend = page.getByRole('list', { name: 'Legend' }).filter({ visible: true });
  const entries = await legend.getByRole('listitem').allTextContents();
  assert.deepEqual(entries, ['●used', '◐not since init', '✕never used', '?unknown']);
  const looks = await legend.locator('.swatch').evaluateAll(all => all.map(each => getComputedStyle(each).backgroundImage));
  assert.equal(new Set(looks).size, 4);
  await page.close_();
});

test('search in the flame graph counts, shows and steps through what it finds', async () => {
  const page = await open('small', { hash: '#flame' });
  const box = page.getByRole('searchbox', { name: 'Find functions or files' });
  await box.fill('numpy');
  assert.match(await page.locator('output.found').textContent(), /^\d+ found, \d+.% of all$/);
  await box.press('Enter');
  const first = await current(page);
  assert.match(first, /numpy/);
  await page.getByRole('button', { name: 'Next match' }).click();
  assert.notEqual(await current(page), first);
  await box.fill('nothing like it');
  assert.equal(await page.locator('output.found').textContent(), 'no match');
  await box.press('Escape');
  assert.equal(await page.locator('output.found').textContent(), '');
  await page.close_();
});

test('the flame graph hides and shows the import system', async () => {
  const page = await open('small', { hash: '#flame' });
  const box = page.getByRole('searchbox', { name: 'Find functions or files' });
  await box.fill('_find_and_load_unlocked');
  assert.equal(await page.locator('output.found').textContent(), 'no match');
  await page.getByRole('radio', { name: 'Shown' }).check();
  assert.match(await page.locator('output.found').textContent(), /^\d+ found/);
  await page.close_();
});

test('tables sort by click and by key, and say so', async () => {
  const page = await open('full', { hash: '#modules' });
  const head = page.getByRole('columnheader', { name: 'With imports' });
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.equal((await cells(page, 1))[0], 'numpy');
  await head.getByRole('button').focus();
  await page.keyboard.press('Enter');
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  assert.notEqual((await cells(page, 1))[0], 'numpy');
  await page.getByRole('columnheader', { name: 'Module', exact: true }).getByRole('button').click();
  const names = await cells(page, 1);
  assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b)));
  await page.getByRole('columnheader', { name: 'Use' }).getByRole('button').click();
  assert.match(await page.locator('#announcer').textContent(), /Sorted by Use/);
  await page.close_();
});

test('tables filter, and libraries lead to their modules', async () => {
  const page = await open('full', { hash: '#libraries' });
  await page.getByRole('button', { name: 'numpy', exact: true }).click();
  assert.match(await page.getByRole('tab', { selected: true }).textContent(), /^Modules\d+$/);
  const box = page.getByRole('searchbox', { name: 'Find modules, libraries or files' });
  assert.equal(await box.inputValue(), 'numpy');
  assert.ok((await cells(page, 1)).every(name => name.startsWith('numpy')));
  await box.fill('');
  assert.ok((await cells(page, 1)).some(name => !name.startsWith('numpy')));
  await page.close_();
});

test('the theme follows the system, and the reader', async () => {
  const page = await open('small', { colorScheme: 'dark' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.locator('label', { hasText: 'Light' }).click();
  const light = await background();
  assert.notEqual(light, dark);
  await page.reload();
  assert.equal(await background(), light);
  await page.getByRole('radio', { name: 'Light' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await background(), dark);
  await page.getByRole('radio', { name: 'As the system' }).check();
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  assert.equal(await background(), light);
  await page.close_();
});

test('tabs work with the keyboard alone', async () => {
  const page = await open('small');
  await page.getByRole('tab', { name: 'Findings' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Imports');
  await page.keyboard.press('End');
  assert.equal(await page.getByRole('tab', { selected: true }).textContent(), 'Run');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.getByRole('tab', { selected: true }).textContent(), /^Findings/);
  await page.close_();
});

test('the timeline tells what was going on, and zooms', async () => {
  const page = await open('full', { hash: '#timeline' });
  const timeline = page.getByRole('application', { name: /^Timeline/ });
  await timeline.focus();
  for (let i = 0; i < 25; i++) await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('.readout').textContent(), /^24\.0.ms · imports · .*numpy.*numpy\.core\._multiarray.* · 23\.4.MiB$/);
  const before = await page.locator('canvas:visible').evaluate(canvas => canvas.toDataURL());
  await page.keyboard.press('+');
  await frame(page);
  assert.notEqual(await page.locator('canvas:visible').evaluate(canvas => canvas.toDataURL()), before);
  assert.match(await page.locator('#announcer').textContent(), /^Shown: /);
  await page.close_();
});

test('hostile names are text and nothing else, in every part of the page', async () => {
  const page = await open('hostile');
  const elements = () => page.evaluate(() => ({ hit: window.hit, scripts: document.scripts.length, strange: document.querySelectorAll('img, iframe, object, embed, body b, body script ~ script ~ script ~ script').length, onload: [...document.querySelectorAll('*')].filter(each => [...each.attributes].some(attribute => attribute.name.startsWith('on'))).length }));
  for (const name of ['Imports', 'Timeline', 'Flame graph', 'Libraries', 'Modules', 'Run', 'Findings']) {
    await tab(page, name);
    await frame(page);
    assert.deepEqual(await elements(), { hit: undefined, scripts: 3, strange: 0, onload: 0 });
  }
  await tab(page, 'Modules');
  const names = await cells(page, 1);
  assert.ok(names.includes('<img src=x onerror=window.hit=2>'));
  assert.ok(names.includes('\\u202etxt.exe'), 'what reorders text is shown, not obeyed');
  assert.ok(names.includes('__proto__'));
  await tab(page, 'Imports');
  await page.getByRole('searchbox', { name: 'Find modules or libraries' }).fill('<img');
  await page.getByRole('searchbox', { name: 'Find modules or libraries' }).press('Enter');
  assert.match(await current(page), /^<img src=x onerror=window\.hit=2>, /);
  await page.locator('canvas:visible').hover({ position: { x: 100, y: 30 } });
  await frame(page);
  assert.equal(await page.locator('.tip img').count(), 0);
  assert.equal((await elements()).hit, undefined);
  await page.close_();
});

test('the policy of the page forbids what it does not need', async () => {
  const page = await open('small');
  const result = await page.evaluate(async () => {
    const outcome = {};
    try { document.body.innerHTML = '<b>x</b>'; outcome.markup = 'allowed'; } catch { outcome.markup = 'refused'; }
    try { const script = document.createElement('script'); script.textContent = 'window.hit = 1'; document.body.append(script); outcome.code = window.hit ? 'allowed' : 'refused'; } catch { outcome.code = 'refused'; }
    const image = new Image();
    outcome.image = await new Promise(done => { image.onload = () => done('allowed'); image.onerror = () => done('refused'); image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='; });
    return outcome;
  });
  assert.deepEqual(result, { markup: 'refused', code: 'refused', image: 'refused' });
});

test('ten thousand modules: what is in the document is bounded, and everything is found', async () => {
  const page = await open('big');
  for (const name of ['Imports', 'Timeline', 'Flame graph', 'Libraries', 'Modules']) {
    await tab(page, name);
    await frame(page);
  }
  assert.ok(await page.evaluate(() => document.querySelectorAll('*').length) < 6000);
  assert.equal(await page.locator('table:visible tbody tr').count(), 100);
  await page.getByRole('button', { name: /^Show \d+ more/ }).click();
  assert.equal(await page.locator('table:visible tbody tr').count(), 500);
  await page.getByRole('searchbox', { name: /^Find modules/ }).fill('package42.module7');
  assert.equal(await page.locator('table:visible tbody tr').count(), 11);
  await tab(page, 'Flame graph');
  await page.getByRole('searchbox', { name: /^Find functions/ }).fill('function1234');
  await page.getByRole('searchbox', { name: /^Find functions/ }).press('Enter');
  assert.match(await current(page), /^function1234, /);
  await tab(page, 'Imports');
  assert.ok(await colours(page) > 4);
  await page.close_();
});

test('deep stacks scroll; the canvas is never larger than what is seen', async () => {
  const page = await open('deep', { hash: '#flame' });
  await frame(page);
  const size = () => page.locator('canvas:visible').evaluate(canvas => canvas.getBoundingClientRect().height);
  assert.ok(await size() < 900);
  await page.getByRole('searchbox').filter({ visible: true }).fill('level2999');
  await page.getByRole('searchbox').filter({ visible: true }).press('Enter');
  assert.match(await current(page), /^level2999, /);
  await frame(page);
  assert.ok(await page.getByRole('tree').evaluate(tree => tree.scrollTop) > 30000);
  assert.ok(await size() < 900);
  assert.ok(await colours(page) > 3);
  await page.close_();
});

test('a phone shows everything without scrolling sideways', async () => {
  const page = await open('full', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
  for (const name of ['Findings', 'Imports', 'Timeline', 'Flame graph', 'Libraries', 'Modules', 'Run']) {
    await tab(page, name);
    await frame(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name);
  }
  await tab(page, 'Imports');
  await page.locator('canvas:visible').tap({ position: { x: 60, y: 40 } });
  assert.match(await page.locator('.chart-detail:visible').innerText(), /numpy/);
  await page.close_();
});

test('a 4K screen is filled, with larger type', async () => {
  const small = await open('full');
  const large = await open('full', { viewport: { width: 3840, height: 2160 } });
  const size = page => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  assert.ok(await size(large) > 1.3 * await size(small));
  assert.ok(await large.evaluate(() => document.getElementById('page').offsetWidth) > 2400);
  await small.close_();
  await large.close_();
});

for (const scheme of ['light', 'dark']) {
  test(`nothing that an accessibility checker finds, ${scheme}`, async () => {
    const page = await open('full', { colorScheme: scheme, bypassCSP: true });
    await page.evaluate(axe);
    for (const name of ['Findings', 'Imports', 'Timeline', 'Flame graph', 'Libraries', 'Modules', 'Run']) {
      await tab(page, name);
      await frame(page);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map(each => `${name}: ${each.id}: ${each.nodes.map(node => node.target.join(' ')).slice(0, 4).join(', ')}`), []);
    }
    await page.close_();
  });
}

test('a difference: tables that fold by key, names as text, nothing loaded', async () => {
  const page = await open('diff', { ready: page => page.getByRole('heading', { name: 'What changed' }), viewport: { width: 390, height: 800 } });
  assert.equal(await page.locator('script, img, svg, b').count(), 0);
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.ok((await page.locator('code').allTextContents()).includes('</script><script>window.hit=1</script>'));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'scrolls sideways');
  const folded = page.locator('details').first();
  await folded.locator('summary').focus();
  await page.keyboard.press('Enter');
  assert.equal(await folded.getAttribute('open'), null);
  await page.close_();
});
