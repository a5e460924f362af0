/** The languages in which a package speaks to the person, by BCP 47. Each has a catalogue of texts in activities/packaging/words. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

export const DEFAULT_LANGUAGE: Language = 'en';
