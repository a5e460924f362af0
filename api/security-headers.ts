/** Headers that tell browsers what not to do. Nothing of ours loads anything from elsewhere or is shown in a frame. */
import type { RequestHandler } from 'express';
import helmet, { contentSecurityPolicy } from 'helmet';
import { PAGE_STYLE_HASH } from './pages.ts';

const NOTHING_BUT = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

export function securityHeaders(): RequestHandler {
  const secure = helmet({
    // What else runs under the operator's domain is not ours to command.
    strictTransportSecurity: { includeSubDomains: false },
    contentSecurityPolicy: { useDefaults: false, directives: { ...NOTHING_BUT, 'style-src': [PAGE_STYLE_HASH] } },
  });
  return (request, response, next) => {
    // Answers are of one caller at one moment; the few that may be kept say so themselves.
    response.set('Cache-Control', 'no-store');
    secure(request, response, next);
  };
}

/** For the page of the API's description, whose viewer sets styles on its elements and has its icons as data. */
export function viewerPolicy(): RequestHandler {
  return contentSecurityPolicy({
    useDefaults: false,
    directives: {
      ...NOTHING_BUT,
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
    },
  });
}
