// Takes the pictures of the README: node screenshots.mjs PAGE DIRECTORY (LIBPROF_CHROMIUM: the browser).
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [report, directory] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.LIBPROF_CHROMIUM, args: ['--no-sandbox'] });

/** One picture of a part of the page, down to the end of what is drawn or to `height`. */
async function picture(name, tab, { width = 1280, height = 800, scheme = 'light', phone = false, act, top = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce', hasTouch: phone, isMobile: phone });
  const page = await context.newPage();
  await page.goto(pathToFileURL(resolve(report)).href + '#' + tab);
  await page.getByRole('tabpanel').filter({ visible: true }).waitFor();
  await act?.(page);
  if (!top) await page.getByRole('tablist').evaluate(list => list.scrollIntoView({ block: 'start' }));
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.waitForFunction(() => document.getAnimations().every(each => each.playState !== 'running'));
  await page.screenshot({ path: join(directory, name + '.png') });
  await context.close();
  console.log(name + '.png');
}

await picture('findings', 'findings');
await picture('imports', 'imports', { height: 720, top: false });
await picture('timeline', 'timeline', { scheme: 'dark', height: 660, top: false });
await picture('flame', 'flame', { scheme: 'dark', height: 660, top: false });
await picture('phone', 'findings', { width: 390, height: 844, phone: true });
await browser.close();
