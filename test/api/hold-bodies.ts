/** Holds for tests: their bodies. */
export function newHold(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    scope: { classes: ['contact_record'] },
    matter: 'Harbour v Nightjar, 3 O 412/26',
    authority: 'General counsel, 2026-11-20',
    purpose: 'legal',
    ...more,
  };
}
