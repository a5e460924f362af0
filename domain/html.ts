/** Text on its way into HTML. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Nearly every text there is; looking is a good deal quicker than replacing nothing. */
const HARMLESS = /^[^&<>"'`\p{Cs}\p{Cc}]*$/u;

/**
 * Safe as the content of an element and in a quoted attribute. Control characters have no place in HTML, not even as
 * entities: they show as U+FFFD.
 */
export function escapeHtml(text: string): string {
  if (HARMLESS.test(text)) return text;
  return text
    .toWellFormed()
    .replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? character)
    .replace(/[^\P{Cc}\t\n\r]/gu, '\u{FFFD}');
}
