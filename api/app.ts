/** The application: every endpoint in its place, between what comes before all of them and what comes after. */
import express from 'express';
import type { Express, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { TooManyRequests } from '../domain/errors.ts';
import { factsOf } from './answer-facts.ts';
import { refuseWhileClosed } from './closed.ts';
import { allowTemporalUi, codecEndpoints } from './codec.ts';
import type { ApiDependencies } from './dependencies.ts';
import { docsEndpoints } from './docs.ts';
import type { Endpoint } from './endpoint.ts';
import { logAnswers, measureAnswers } from './observe.ts';
import { createOpenApi } from './openapi.ts';
import { methodNotAllowed, sendProblem, unknownRoute } from './problems.ts';
import { apiKeyEndpoints } from './routes/api-keys.ts';
import { backupEndpoints } from './routes/backups.ts';
import { certificateEndpoints } from './routes/certificates.ts';
import { dataMapEndpoints } from './routes/data-map.ts';
import { downloadEndpoints } from './routes/downloads.ts';
import { healthEndpoints } from './routes/health.ts';
import { holdEndpoints } from './routes/holds.ts';
import { instructionEndpoints } from './routes/instructions.ts';
import { matchEndpoints } from './routes/matches.ts';
import { packageEndpoints } from './routes/packages.ts';
import { releaseEndpoints } from './routes/release.ts';
import { requestEndpoints } from './routes/requests.ts';
import { retentionEndpoints } from './routes/retention.ts';
import { retentionReviewEndpoints } from './routes/retention-reviews.ts';
import { reviewEndpoints } from './routes/review.ts';
import { suppressionEndpoints } from './routes/suppression.ts';
import { taskEndpoints } from './routes/tasks.ts';
import { workspaceExportEndpoints } from './routes/workspace-exports.ts';
import { workspaceEndpoints } from './routes/workspaces.ts';
import { securityHeaders } from './security-headers.ts';
import { signInEndpoints } from './sign-in.ts';

/** Everything but the description of itself. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...requestEndpoints,
  ...matchEndpoints,
  ...taskEndpoints,
  ...releaseEndpoints,
  ...reviewEndpoints,
  ...instructionEndpoints,
  ...packageEndpoints,
  ...downloadEndpoints,
  ...certificateEndpoints,
  ...apiKeyEndpoints,
  ...workspaceEndpoints,
  ...dataMapEndpoints,
  ...retentionEndpoints,
  ...retentionReviewEndpoints,
  ...suppressionEndpoints,
  ...workspaceExportEndpoints,
  ...holdEndpoints,
  ...backupEndpoints,
  ...healthEndpoints,
  ...signInEndpoints,
  ...codecEndpoints,
  ...docsEndpoints,
];

export function createApp(deps: ApiDependencies): Express {
  const app = express();
  app.disable('etag');
  // A proxy on the same host may say whom it speaks for; nobody else is believed.
  app.set('trust proxy', 'loopback');
  app.use(logAnswers(deps.logger), measureAnswers(deps.registry), securityHeaders());
  app.use(refuseWhileClosed(deps));
  app.use(['/d', '/sign-in'], limitRate(TOKENS_PER_MINUTE));
  app.use('/v1/suppression', limitRate(CHECKS_PER_MINUTE));
  app.use('/codec', allowTemporalUi(deps));
  mount(app, deps, [...ENDPOINTS, description(deps)]);
  app.use(unknownRoute, sendProblem);
  return app;
}

/** For addresses that hold a token: guessing one is hopeless, and is not to cost us anything either. */
const TOKENS_PER_MINUTE = 60;

/** Enough for an importer, and a bound on trying out who was erased. */
const CHECKS_PER_MINUTE = 300;

function limitRate(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) =>
      next(new TooManyRequests('Too many calls from this address.', { retryAfterSeconds: 60 })),
  });
}

function description({ config }: ApiDependencies): Endpoint {
  const document = createOpenApi(ENDPOINTS, config.api.publicUrl);
  return {
    method: 'get',
    path: '/openapi.json',
    operation: undefined,
    handler: () => (_request, response) => {
      response.json(document);
    },
  };
}

function mount(app: Express, deps: ApiDependencies, endpoints: readonly Endpoint[]): void {
  for (const [path, there] of Map.groupBy(endpoints, (endpoint) => endpoint.path)) {
    const route = app.route(path.replace(/\{(\w+)\}/g, ':$1'));
    route.all((_request, response, next) => {
      factsOf(response).route = path;
      next();
    });
    for (const { method, handler } of there) route[method](handler(deps));
    route.all(
      methodNotAllowed(there.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))),
    );
  }
}
