/** A client of Steward's API for the command line and the demo. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface ApiClientOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Needed with a key of the processor's that is bound to no workspace. */
  readonly workspaceId?: string;
}

/** An answer of 400 and above; `message` is the problem's title, detail and fields. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.type = type;
  }
}

interface ProblemBody {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** A file to send as a body. */
export interface FileUpload {
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  readonly bytes: number;
  readonly content: Readable;
}

export class ApiClient {
  private readonly options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.options = options;
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  delete(path: string): Promise<void> {
    return this.call<void>('DELETE', path);
  }

  /** With an idempotency key a repeat, after a lost answer say, does not do it twice. */
  post<T>(path: string, body: unknown, idempotencyKey?: string): Promise<T> {
    return this.call<T>('POST', path, body, idempotencyKey);
  }

  /** Saves a file that an address answers with as the media type; answers the answer's headers. */
  async save(path: string, type: string, file: string): Promise<Headers> {
    const response = await fetch(this.address(path), { headers: { ...this.headers(undefined), accept: type } });
    await saveAnswer(response, file);
    return response.headers;
  }

  /** Streams a file as the body. */
  async upload<T>(path: string, file: FileUpload, idempotencyKey: string): Promise<T> {
    const headers = {
      ...this.headers(idempotencyKey),
      'content-type': file.type,
      'content-length': String(file.bytes),
      'steward-file-name': encodeURIComponent(file.name),
    };
    const body = Readable.toWeb(file.content);
    return answerOf<T>(await fetch(this.address(path), { method: 'POST', headers, body, duplex: 'half' }));
  }

  private async call<T>(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
    const headers = {
      ...this.headers(idempotencyKey),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return answerOf<T>(await fetch(this.address(path), { method, headers, ...sent }));
  }

  private address(path: string): URL {
    return new URL(path, this.options.baseUrl);
  }

  private headers(idempotencyKey: string | undefined): Record<string, string> {
    const { apiKey, workspaceId } = this.options;
    return {
      authorization: `Bearer ${apiKey}`,
      ...(workspaceId === undefined ? {} : { 'steward-workspace': workspaceId }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    };
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  if (!response.ok) throw await problemOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  const fields = (body.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`).join('');
  const text = `${response.status} ${body.title ?? response.statusText}: ${body.detail ?? ''}${fields}`;
  return new ApiProblem(response.status, body.type ?? 'about:blank', text);
}

/** Saves what a link leads to. Throws ApiProblem when the link no longer works. */
export async function download(url: string, file: string): Promise<void> {
  await saveAnswer(await fetch(url), file);
}

async function saveAnswer(response: Response, file: string): Promise<void> {
  if (!response.ok || response.body === null) throw await problemOf(response);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file, { mode: 0o600 }));
}
