import { expect, test } from 'vitest';
import { inPrintOrder } from '../../../activities/packaging/print-order.ts';

/** What a printer makes of it that turns the letters of a word round when the word is from right to left. */
const printed = (text: string): string =>
  text
    .split(' ')
    .map((word) => (/[\u0590-\u06ff]/.test(word) ? Array.from(word).reverse().join('') : word))
    .join(' ')
    .replaceAll('\u{a0}', ' ')
    .replaceAll(/ +/g, ' ');

test('a name from right to left stays together, in its own order', () => {
  expect(printed(inPrintOrder('Data at שלום עולם until now'))).toBe('Data at םלוע םולש until now');
});

test('the end of a sentence stays at its end', () => {
  expect(printed(inPrintOrder('Made for שלום עולם.'))).toBe('Made for םלוע םולש.');
});

test('numbers, Latin and brackets in such a name stay readable', () => {
  expect(printed(inPrintOrder('at שלום 123.5 (עולם) now'))).toBe('at (םלוע) 123.5 םולש now');
  expect(printed(inPrintOrder('שלוםAB'))).toBe('ABםולש');
});

test('text from left to right stays as it is', () => {
  for (const text of ['', 'Acme & Söhne (2) 12.5', 'Ελλάδα Україна – 7']) expect(inPrintOrder(text)).toBe(text);
});
