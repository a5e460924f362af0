/**
 * Text from right to left on paper. The PDF library lays out one word at a time, from left to right, and turns the letters
 * of a Hebrew or Arabic word round; words of one such name would come out in the wrong order.
 *
 * This is the part of the Unicode Bidirectional Algorithm (UAX #9) that names in a sentence from left to right need: runs of
 * words from right to left keep together and are turned round as a whole, with numbers and Latin in them the right way and
 * brackets mirrored. Runs that do not fit on a line are not broken, and nothing is done about marks of embedding.
 */

const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}]/u;
const HAS_LEFT_TO_RIGHT = /(?![\p{Script=Hebrew}\p{Script=Arabic}])\p{L}/u;
const LEFT_TO_RIGHT_PART =
  /[\p{N}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]+([.,:/@-]*[\p{N}\p{Script=Latin}])*/gu;
/** Not broken at, unlike a space. */
const NO_BREAK_SPACE = '\u{a0}';
const MIRRORED: Readonly<Record<string, string>> = {
  '(': ')',
  ')': '(',
  '[': ']',
  ']': '[',
  '{': '}',
  '}': '{',
  '<': '>',
  '>': '<',
  '«': '»',
  '»': '«',
};

/** The text as it has to be given to a printer of single words. */
export function inPrintOrder(text: string): string {
  const printed: string[] = [];
  let run: string[] = [];
  const endRun = (): void => {
    // Neutral words after the last one from right to left belong to the sentence.
    const length = run.findLastIndex((word) => RIGHT_TO_LEFT.test(word)) + 1;
    // A word's own space is turned round with it, to its other side.
    if (length > 0) printed.push(`${turnedRound(run.slice(0, length).join(NO_BREAK_SPACE))} `);
    printed.push(...run.slice(length));
    run = [];
  };
  for (const word of text.split(' ')) {
    const belongs = RIGHT_TO_LEFT.test(word) || (run.length > 0 && !HAS_LEFT_TO_RIGHT.test(word));
    if (belongs) run.push(word);
    else {
      endRun();
      printed.push(word);
    }
  }
  endRun();
  return printed.join(' ').trimEnd();
}

/** What the printer will turn round again. The end of a sentence is not part of the name: it stays on the right. */
function turnedRound(run: string): string {
  const [, name = '', ending = ''] = /^(.*?)([.,;:!?]*)$/su.exec(run) ?? [];
  const turned = name
    .replace(/[()[\]{}<>«»]/g, (bracket) => MIRRORED[bracket] ?? bracket)
    .replace(LEFT_TO_RIGHT_PART, (part) => Array.from(part).reverse().join(''));
  return `${ending}${turned}`;
}
