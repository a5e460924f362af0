/** The words by which people know collections and fields, in the languages that the map has. */
import type { LocalisedFile } from './fideslang.ts';
import type { Named, Texts } from './model.ts';

/** A map that gives a table without saying which text is the map's own means the English one. */
const OWN_LANGUAGE = 'en';

type Localised = LocalisedFile | null | undefined;

/** From what the file says; what it does not say is in `otherwise`. */
export function namedBy(file: Readonly<Record<keyof Texts, Localised>>, otherwise: Texts): Named {
  return {
    label: ownText(file.label) ?? otherwise.label,
    description: ownText(file.description) ?? otherwise.description,
    kind: ownText(file.kind) ?? otherwise.kind,
    translations: translationsOf(file),
  };
}

function ownText(text: Localised): string | undefined {
  if (typeof text !== 'object' || text === null) return text ?? undefined;
  return text[OWN_LANGUAGE] ?? Object.values(text)[0];
}

function translationsOf(file: Readonly<Record<keyof Texts, Localised>>): Named['translations'] {
  const translations: Record<string, { -readonly [K in keyof Texts]?: string }> = {};
  for (const key of ['label', 'description', 'kind'] as const) {
    const texts = file[key];
    if (typeof texts !== 'object' || texts === null) continue;
    for (const [language, text] of Object.entries(texts)) (translations[language] ??= {})[key] = text;
  }
  return translations;
}

/** The words in a language, each in the map's own where it has no other. */
export function textsIn(named: Named, language: string): Texts {
  const { label, description, kind, translations } = named;
  return { label, description, kind, ...translations[language] };
}
