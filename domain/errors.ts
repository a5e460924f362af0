/**
 * Typed errors. One definition gives a stable name that is both the problem type of the API (RFC 9457, section 3.1.1)
 * and the `type` of a Temporal application failure, so that the same mistake is called the same everywhere.
 *
 * Messages are read by strangers: they name fields, settings and ids, never values of the person concerned.
 */

/** One bad field of an input, as a JSON pointer (RFC 6901) into the body that was sent. */
export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** Services that can be away while nothing is wrong with what was asked. */
export const SERVICES = ['database', 'source', 'storage', 'mail', 'temporal'] as const;
type Service = (typeof SERVICES)[number];

export interface ProblemExtras {
  /** Which service is away, for Unavailable. */
  readonly service?: Service;
  readonly fields?: readonly FieldProblem[];
  /** Seconds after which a repeat makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** The id of something that was recorded although the answer is an error. */
  readonly resourceId?: string;
}

export interface ProblemDefinition {
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

export class StewardError extends Error {
  readonly definition: ProblemDefinition;
  readonly extras: ProblemExtras;

  constructor(definition: ProblemDefinition, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.name = definition.code;
    this.definition = definition;
    this.extras = extras;
  }

  get code(): string {
    return this.definition.code;
  }

  get status(): number {
    return this.definition.status;
  }
}

function defineError(code: string, status: number, title: string) {
  const definition: ProblemDefinition = { code, status, title };
  return class extends StewardError {
    static readonly code = code;
    constructor(detail: string, extras: ProblemExtras = {}) {
      super(definition, detail, extras);
    }
  };
}

export const InvalidInput = defineError('invalid-input', 422, 'The input has problems');
export const MalformedBody = defineError('malformed-body', 400, 'The body is not valid JSON');
export const BodyTooLarge = defineError('body-too-large', 413, 'The body is too large');
export const UnsupportedMediaType = defineError('unsupported-media-type', 415, 'The body must be JSON');
export const UnsupportedFile = defineError('unsupported-file', 415, 'Files of this kind are not taken');
export const Unauthenticated = defineError('unauthenticated', 401, 'Authentication is needed');
export const MissingScope = defineError('missing-scope', 403, 'The key lacks a scope');
export const WrongParty = defineError('wrong-party', 403, 'This is for the other party to decide');
export const SecondPersonNeeded = defineError(
  'second-person-needed',
  403,
  'This takes somebody else than who began it',
);
export const NotFound = defineError('not-found', 404, 'There is no such resource');
export const NotAcceptable = defineError('not-acceptable', 406, 'It cannot be had in the form that was asked for');
export const Conflict = defineError('conflict', 409, 'The resource is not in a state that allows this');
export const IdempotencyConflict = defineError('idempotency-conflict', 409, 'The idempotency key was used before');
export const LinkGone = defineError('link-gone', 410, 'The link no longer works');
export const TooManyRequests = defineError('too-many-requests', 429, 'Too many requests');
export const Unavailable = defineError('unavailable', 503, 'A service that this needs is not reachable');

/** A setting or a file of the operator's is wrong; nothing starts until it is mended. */
export const InvalidConfiguration = defineError('invalid-configuration', 500, 'The configuration has problems');
/** The data map names what is not there, or is not a Fideslang dataset. */
export const InvalidDataMap = defineError('invalid-data-map', 500, 'The data map has problems');
/** The retention schedule contradicts itself or names what the data map does not have. */
export const InvalidSchedule = defineError('invalid-schedule', 500, 'The retention schedule has problems');
/** A hold was placed after an erasure was planned: what it touches is planned again. */
export const FenceRaised = defineError('fence-raised', 409, 'The plan is out of date');
/** Stored bytes do not open with their key: wrong key, or altered. */
export const SealBroken = defineError('seal-broken', 500, 'Sealed data does not open');
/** A finished package does not agree with its manifest or signature. */
export const PackageBroken = defineError('package-broken', 500, 'The package does not verify');
/** The snapshot that an export reads is gone, and with it every part that was read from it. */
export const SnapshotLost = defineError('snapshot-lost', 500, 'The snapshot was lost');
/** A data source answered with an error; the SQLSTATE is kept, its text is not, for it may quote a row. */
export const SourceFailed = defineError('source-failed', 500, 'A data source failed');
