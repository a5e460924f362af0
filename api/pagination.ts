/** Lists come in pages; the cursor names the last item of one, so that what is added meanwhile shifts nothing. */
import { z } from 'zod';
import type { Page, PageRequest, Position } from '../platform/records/paging.ts';

const MAX_PAGE = 200;

/** Milliseconds and id of the last item. */
const UUID_CURSOR = /^\d{1,15}\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const KEY_CURSOR = /^\d{1,15}\.[0-9a-z]{12}$/;
export const NUMBER_CURSOR = /^\d{1,15}\.\d{1,19}$/;

/** The query parameters of every list; `form` is that of the list's cursors, by the ids that its items have. */
export const pageQuery = (form: RegExp = UUID_CURSOR) => ({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50).meta({ description: 'Items a page.' }),
  cursor: z
    .string()
    .regex(form, 'It must be the `next` of a page of this list.')
    .transform(readCursor)
    .optional()
    .meta({ description: 'The `next` of the page before.' }),
});

/** A page of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
  });

interface PageQuery {
  readonly limit: number;
  readonly cursor?: Position | undefined;
}

export function pageRequest({ limit, cursor }: PageQuery): PageRequest {
  return { limit, after: cursor };
}

export function writePage<Row>({ rows, last }: Page<Row>): { items: Row[]; next: string | null } {
  return { items: [...rows], next: last === undefined ? null : `${last.at.getTime()}.${last.id}` };
}

function readCursor(cursor: string): Position {
  const [time = '', id = ''] = cursor.split('.');
  return { at: new Date(Number(time)), id };
}
