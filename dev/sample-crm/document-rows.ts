/** What lies in the media store and what is said of it: files, videos, reports, signed documents. */
import type { Row } from './copy.ts';
import { pdfOf, pngOf } from './media.ts';
import { neighbourOf } from './people.ts';
import type { Person } from './people.ts';
import { dealCount, isSigner } from './person-rows.ts';
import { Random, uuidOf } from './random.ts';
import { address, fullName, idOf, markerOf, numberId, owned, repeat } from './row-parts.ts';
import type { PersonRows } from './row-parts.ts';
import { USER_AGENTS } from './words.ts';

const mediaCount = (person: Person, most: number): number => (person.hasMedia ? (person.weight > 1 ? most : 1) : 0);
const keyOf = (folder: string, person: Person, ordinal: number, extension: string): string =>
  `${person.workspaceId}/${folder}/${idOf(folder, person, ordinal)}.${extension}`;

const files: PersonRows = (person, random) =>
  repeat(mediaCount(person, 3), (n) => ({
    id: idOf('files', person, n),
    ...owned(person),
    file_name: n === 1 ? `photo of ${person.firstName}.png` : `proof of funds ${n + 1}.pdf`,
    content_type: n === 1 ? 'image/png' : 'application/pdf',
    storage_key: keyOf('files', person, n, n === 1 ? 'png' : 'pdf'),
    uploaded_at: random.moment(),
  }));

const videos: PersonRows = (person, random) =>
  repeat(mediaCount(person, 2), (n) => ({
    id: idOf('videos', person, n),
    ...owned(person),
    title: `A tour for ${person.firstName}`,
    file_name: `tour ${n + 1}.mp4`,
    storage_key: keyOf('videos', person, n, 'mp4'),
    poster_key: keyOf('posters', person, n, 'png'),
    recorded_at: random.moment(),
  }));

/** Each video is watched by its person and by somebody else. */
const videoViews: PersonRows = (person, random) => {
  const viewers = person.hasMedia ? [person, neighbourOf(person)] : [];
  return viewers.flatMap((viewer, turn) =>
    repeat(mediaCount(person, 2), (n) => ({
      id: numberId(person, 2 * n + turn),
      workspace_id: person.workspaceId,
      video_id: idOf('videos', person, n),
      viewer_email: random.pick(viewer.spellings),
      ip: address(random),
      seconds: random.int(1, 600) / 10,
      at: random.moment(),
    })),
  );
};

const reports: PersonRows = (person, random) =>
  repeat(mediaCount(person, 2), (n) => ({
    id: idOf('reports', person, n),
    ...owned(person),
    title: 'Market report',
    summary: { prepared_for: fullName(person), estimate: random.int(200, 900) * 1000 },
    file_name: `market report ${n + 1}.pdf`,
    storage_key: keyOf('reports', person, n, 'pdf'),
    created_at: random.moment(),
  }));

const documentCount = (person: Person): number =>
  isSigner(person) && dealCount(person) > 0 ? mediaCount(person, 2) : 0;

const documents: PersonRows = (person, random) =>
  repeat(documentCount(person), (n) => ({
    id: idOf('documents', person, n),
    ...owned(person),
    deal_id: idOf('deal', person),
    title: n === 0 ? 'Purchase agreement' : 'Disclosure form',
    status: 'signed',
    file_name: n === 0 ? 'purchase agreement.pdf' : 'disclosure form.pdf',
    storage_key: keyOf('documents', person, n, 'pdf'),
    restricted_at: null,
    created_at: random.moment(),
  }));

/** Each document is signed by its person, and by somebody else who signs at all. */
const signatures: PersonRows = (person, random) => {
  const signers = documentCount(person) > 0 ? [person, neighbourOf(person)].filter(isSigner) : [];
  return signers.flatMap((signer, turn) =>
    repeat(documentCount(person), (n) => ({
      id: idOf('signature', person, 2 * n + turn),
      workspace_id: person.workspaceId,
      document_id: idOf('documents', person, n),
      signer_id: idOf('signer', signer),
      signed_at: random.moment(),
      ip: address(random),
      evidence: {
        consent: 'I agree to sign electronically',
        email: signer.email,
        user_agent: random.pick(USER_AGENTS),
        ...markerOf(signer),
      },
      seal: Buffer.from(uuidOf('seal', signer.contactId, n).replaceAll('-', ''), 'hex'),
    })),
  );
};

export const DOCUMENT_TABLES: readonly (readonly [table: string, rows: PersonRows])[] = [
  ['files', files],
  ['videos', videos],
  ['video_views', videoViews],
  ['reports', reports],
  ['documents', documents],
  ['document_signatures', signatures],
];

/** One file's row names an object that the store does not have, as happens in life. */
export const MISSING_OBJECT_INDEX = 43;

export interface MediaObject {
  readonly key: string;
  /** The video is the same for all and read once. */
  readonly content: Buffer | 'video';
}

/** The objects that a person's rows name. */
export function mediaOf(person: Person): readonly MediaObject[] {
  if (!person.hasMedia) return [];
  // Keys hang on the person alone, so any chance will do.
  const keys = [files, reports, documents, videos].flatMap((rows) =>
    rows(person, new Random('media', person.index)).flatMap(objectKeys),
  );
  const kept = person.index === MISSING_OBJECT_INDEX ? keys.slice(1) : keys;
  return kept.map((key) => ({ key, content: contentOf(key, person) }));
}

function objectKeys(row: Row): readonly string[] {
  return [row['storage_key'], row['poster_key']].filter((key) => typeof key === 'string');
}

function contentOf(key: string, person: Person): MediaObject['content'] {
  if (key.endsWith('.mp4')) return 'video';
  return key.endsWith('.png') ? pngOf(person.index) : pdfOf(`Prepared for ${fullName(person)}`);
}
