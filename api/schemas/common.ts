/** Parts that the bodies and answers of several resources share. */
import { z } from 'zod';

/** A date that came in: RFC 3339 with an offset. */
export const instant = z.iso
  .datetime({ offset: true, error: 'It must be a date and time with an offset (RFC 3339).' })
  .transform((text) => new Date(text));

/** A date that goes out; JSON writes it as RFC 3339 in UTC. */
export const shownInstant = z.date().meta({ override: { type: 'string', format: 'date-time' } });

/** Text without the characters given, of which one at least is no space. */
const saying = (without: string) => new RegExp(`^[^${without}]*[^${without}\\s][^${without}]*$`);

/** Control characters: PostgreSQL takes no NUL, and a line break could forge a mail's header. */
const ONE_LINE = saying(String.raw`\u0000-\u001f\u007f-\u009f`);
const LINES = saying(String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f`);

/** One line of text that says something. */
export const line = (max: number) =>
  z.string().max(max).regex(ONE_LINE, 'It must be one line of text without control characters.').trim();

/** Text that says something, on one line or several. */
export const text = (max: number) =>
  z.string().max(max).regex(LINES, 'It must be text without control characters but tabs and line breaks.').trim();

export const id = z.uuid().toLowerCase();

export const teamId = line(100).meta({ description: 'A team of the workspace, by the id that the CRM knows it by.' });

const CLOCK_SKEW_MS = 5 * 60_000;

export const isNotAhead = (at: Date): boolean => at.getTime() <= Date.now() + CLOCK_SKEW_MS;

export const ofRequest = z.object({ requestId: id });
export const ofPackage = z.object({ packageId: id });
