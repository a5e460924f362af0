/**
 * Sign-in of the processor's own people, for pages that cannot send a key: the Temporal UI's calls to the codec endpoint.
 * The link only shows a button, so that a scanner that follows links does not use it up.
 */
import type { CookieOptions, Request, Response } from 'express';
import type { Principal } from '../domain/parties.ts';
import { escapeHtml } from '../domain/html.ts';
import { endSession, exchangeSignIn, findSession, isSignInToken } from '../platform/records/sessions.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { Endpoint } from './endpoint.ts';
import { page } from './pages.ts';

const COOKIE = 'steward_session';
const COOKIE_PAIR = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{20,100})(?:;|$)`);

const OVER = page(
  'This sign-in link no longer works',
  '<p>It was used before, or its time is over. Make a new one with <code>steward sign-in</code>.</p>',
);
const BUTTON = page('Sign in to Steward', '<form method="post"><button>Sign in</button></form>');

/** The principal of the session that the browser sent; undefined when it sent none that is open. */
export async function sessionPrincipal(
  { db, ring }: ApiDependencies,
  request: Request,
): Promise<Principal | undefined> {
  const token = readCookie(request);
  return token === undefined ? undefined : findSession(db, ring, token);
}

const show: Endpoint = {
  method: 'get',
  path: '/sign-in/{token}',
  operation: undefined,
  handler:
    ({ db, ring }) =>
    async (request, response) => {
      const isOpen = await isSignInToken(db, ring, String(request.params['token']));
      sendPage(response, isOpen ? 200 : 410, isOpen ? BUTTON : OVER);
    },
};

const signIn: Endpoint = {
  method: 'post',
  path: '/sign-in/{token}',
  operation: undefined,
  handler:
    ({ db, ring, config }) =>
    async (request, response) => {
      const session = await exchangeSignIn(db, ring, String(request.params['token']));
      if (!session) return sendPage(response, 410, OVER);
      response.cookie(COOKIE, session.token, { ...cookieOptions(config.api.publicUrl), expires: session.expiresAt });
      sendPage(response, 200, page('You are signed in', howToDecode(config)));
    },
};

const signOut: Endpoint = {
  method: 'post',
  path: '/sign-out',
  operation: undefined,
  handler:
    ({ db, ring, config }) =>
    async (request, response) => {
      const token = readCookie(request);
      if (token !== undefined) await endSession(db, ring, token);
      response.clearCookie(COOKIE, cookieOptions(config.api.publicUrl));
      sendPage(response, 200, page('You are signed out', ''));
    },
};

function howToDecode({ api, temporal }: ApiDependencies['config']): string {
  const endpoint = `<p>Its codec endpoint is <code>${escapeHtml(new URL('/codec', api.publicUrl).href)}</code>; tick "include cross-origin credentials" there.</p>`;
  const ui =
    temporal.uiUrl === undefined
      ? ''
      : `<p>The Temporal UI is at <a href="${escapeHtml(temporal.uiUrl)}">${escapeHtml(temporal.uiUrl)}</a>.</p>`;
  return `${ui}${endpoint}<form method="post" action="/sign-out"><button>Sign out</button></form>`;
}

function sendPage(response: Response, status: number, html: string): void {
  response.status(status).type('html').send(html);
}

/** Strict: no other site's page can make the browser send it. Secure wherever the API is reached by HTTPS. */
function cookieOptions(publicUrl: string): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: publicUrl.startsWith('https:') };
}

function readCookie(request: Request): string | undefined {
  return COOKIE_PAIR.exec(request.get('Cookie') ?? '')?.[1];
}

export const signInEndpoints: readonly Endpoint[] = [show, signIn, signOut];
