import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpackedPackage } from './unpacked-package.ts';
import type { UnpackedPackage } from './unpacked-package.ts';

const ROWS = 100_000;
/** For a search through all of them on a busy machine; on an idle one it takes about a second. */
const SEARCH_MS = 60_000;

let unpacked: UnpackedPackage;
/** With as little as makes two pages: axe looks at every cell. */
let small: UnpackedPackage;
let browser: Browser;
let axe: string;
beforeAll(async () => {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  [unpacked, small, browser, axe] = await Promise.all([
    unpackedPackage(ROWS),
    unpackedPackage(280),
    chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] }),
    readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([unpacked?.remove(), small?.remove()]);
});

interface Visit {
  readonly page: Page;
  /** What the browser complained of, and what the page asked for beyond its folder. */
  readonly complaints: string[];
}

async function visit(options: BrowserContextOptions, work: (visit: Visit) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    page.on('request', (request) => {
      if (!request.url().startsWith('file://')) complaints.push(request.url());
    });
    await page.goto(unpacked.url);
    await work({ page, complaints });
    expect(complaints).toEqual([]);
    if (options.javaScriptEnabled !== false) expect(await page.evaluate('globalThis.acted')).toBeUndefined();
  } finally {
    await context.close();
  }
}

async function violations(page: Page): Promise<readonly unknown[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(
    `axe.run({ preload: false }).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]))`,
  );
  return found as readonly unknown[];
}

async function search(page: Page, words: string): Promise<string> {
  await page.getByRole('searchbox').fill(words);
  await page.keyboard.press('Enter');
  const status = page.getByRole('status');
  await status.filter({ hasText: /found|No record/ }).waitFor({ timeout: SEARCH_MS });
  return (await status.textContent()) ?? '';
}

describe('a package of a hundred thousand rows, opened from a disk', () => {
  test('finds a row of its last page, whatever the case and accents, and leads to it', () =>
    visit({}, async ({ page }) => {
      expect(await search(page, 'zolta łodka')).toBe('1 found.');
      await page.getByRole('link', { name: 'Activities, record 99,999' }).press('Enter');
      await page.waitForURL(/pages\/crm\.activities\/0400\.html#r99999$/);
      await expect(page.locator('#r99999').textContent()).resolves.toContain('Żółta ŁÓDKA');
    }));

  test('finds rows that stand on the first page, says how many there are, and when there is none', () =>
    visit({}, async ({ page }) => {
      expect(await search(page, 'ada lovelace')).toBe('1 found.');
      await page.getByRole('link', { name: 'Contacts, record 1' }).click();
      expect(page.url()).toMatch(/#crm\.contacts-1$/);
      expect(await search(page, 'ENERGY certificate')).toBe('25,000 found; the first 200 are shown.');
      expect(await search(page, 'not there at all')).toBe('No record has all of these words.');
    }));

  test('shows what somebody wrote as text, also among the search’s results', () =>
    visit({}, async ({ page }) => {
      expect(await search(page, 'onerror')).toMatch(/found/);
      await expect(page.locator('#search-results').textContent()).resolves.toContain('<img src=x');
      await page.goto(new URL('pages/crm.activities/0001.html', unpacked.url).href);
      await expect(page.locator('#r3').textContent()).resolves.toContain('<script>');
    }));

  test('can be paged through with the keyboard', () =>
    visit({}, async ({ page }) => {
      await page.getByRole('link', { name: 'Read the pages' }).press('Enter');
      await page.getByRole('link', { name: 'Next' }).first().press('Enter');
      await page.waitForURL(/0002\.html$/);
      await page.getByRole('link', { name: 'Last' }).last().press('Enter');
      await page.waitForURL(/0400\.html$/);
      await page.getByRole('link', { name: 'All collections and search' }).press('Enter');
      await page.waitForURL(/index\.html$/);
    }));

  test.each(['light', 'dark'] as const)('has nothing that axe finds, in %s', (colorScheme) =>
    visit({ colorScheme }, async ({ page }) => {
      await page.goto(small.url);
      await search(page, 'lovelace');
      expect(await violations(page)).toEqual([]);
      await page.goto(new URL('pages/crm.activities/0002.html', small.url).href);
      expect(await violations(page)).toEqual([]);
    }),
  );

  test('fits a narrow screen', () =>
    visit({ viewport: { width: 390, height: 800 } }, async ({ page }) => {
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(overflow)).toBe(0);
      await page.goto(new URL('pages/crm.activities/0002.html', unpacked.url).href);
      expect(await page.evaluate(overflow)).toBe(0);
    }));

  test('prints without what only a screen needs', () =>
    visit({}, async ({ page }) => {
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('#search-form').isVisible()).toBe(false);
      await page.goto(new URL('pages/crm.activities/0001.html', unpacked.url).href);
      expect(await page.locator('nav').first().isVisible()).toBe(false);
      expect(await page.locator('#r250').isVisible()).toBe(true);
    }));

  test('can be read whole with scripts off', () =>
    visit({ javaScriptEnabled: false }, async ({ page }) => {
      expect(await page.locator('#search-form').isVisible()).toBe(false);
      expect(await page.getByText('Searching needs scripts').isVisible()).toBe(true);
      await page.getByRole('link', { name: 'Read the pages' }).click();
      await page.getByRole('link', { name: 'Last' }).first().click();
      await page.waitForURL(/0400\.html$/);
      expect(await page.locator('#r100000').isVisible()).toBe(true);
    }));
});
