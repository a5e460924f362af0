/** The run of an erasure with nothing behind it: each test says what its steps answer, and sees which were taken. */
import { randomUUID } from 'node:crypto';
import './quiet-runtime.ts';
import { NativeConnection, Worker } from '@temporalio/worker';
import { workflowCode } from '../../activities/workers.ts';
import type { ErasureClosed, ErasurePlanned, ErasureReviewState } from '../../domain/erasure.ts';
import { TASK_QUEUES, dataSubjectRequestId } from '../../domain/ids.ts';
import type { Reminder, RequestRef, RequestResult, RequestRun } from '../../domain/runs.ts';
import { loadConfig } from '../../platform/config.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { prepareNamespace } from '../../platform/temporal/namespace.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { registerNamespace } from './plain-namespace.ts';

type Count = Pick<ErasurePlanned, 'erase' | 'pseudonymise' | 'retain' | 'pending'>;

/** What the steps of one erasure answer. The lists are answered one after the other, their last for ever. */
export interface Script {
  /** Whether the instruction still stands. */
  instructed: readonly boolean[];
  plans: readonly Count[];
  /** As people and holds make it; tests change it while the run waits. */
  review: ErasureReviewState['state'];
  coolingOffMs: number | undefined;
  proceeds: readonly boolean[];
  outcomes: readonly ('erased' | 'stale')[];
  residuals: readonly number[];
  closed: ErasureClosed;
  /** Called within a step, before it answers. */
  during: Partial<Record<string, () => Promise<void> | void>>;
}

const EVERYTHING: Omit<Script, 'during'> = {
  instructed: [true],
  plans: [{ erase: 10, pseudonymise: 1, retain: 2, pending: 3 }],
  review: 'approved',
  coolingOffMs: undefined,
  proceeds: [true],
  outcomes: ['erased'],
  residuals: [0],
  closed: { status: 'partially_completed', outcome: 'partially_fulfilled' },
};

export class ImaginedErasure {
  readonly requestId = randomUUID();
  readonly steps: string[] = [];
  readonly script: Script;
  private readonly temporal: Temporal;

  constructor(temporal: Temporal, script: Partial<Script>) {
    this.temporal = temporal;
    this.script = { ...EVERYTHING, during: {}, ...script };
  }

  async start(continues?: number): Promise<void> {
    const run: RequestRun = {
      workspaceId: randomUUID(),
      requestId: this.requestId,
      type: 'erasure',
      regime: 'gdpr',
      legalDueAt: new Date(Date.now() + 30 * 86_400_000).toISOString(),
      receivedAt: new Date().toISOString(),
      ...(continues === undefined ? {} : { continues }),
    };
    await this.temporal.startRequest(run);
  }

  signal(signal: 'reviewed' | 'cancelRequested' | 'instructionGiven', continues?: number): Promise<void> {
    return this.temporal.signalRequest(this.requestId, signal, continues);
  }

  result(continues?: number): Promise<RequestResult> {
    return this.temporal.client.workflow.getHandle(dataSubjectRequestId(this.requestId, continues)).result();
  }

  status(continues?: number): Promise<string> {
    return this.temporal.client.workflow
      .getHandle(dataSubjectRequestId(this.requestId, continues))
      .query('currentStatus');
  }

  /** Notes a step; how often it was taken before says which answer is its turn. */
  async take<T>(step: string, answers: readonly T[]): Promise<T> {
    const before = this.steps.filter((each) => each === step).length;
    this.steps.push(step);
    await this.script.during[step]?.();
    const answer = answers[Math.min(before, answers.length - 1)];
    if (answer === undefined) throw new RangeError(`No answer for ${step}.`);
    return answer;
  }
}

export interface ImaginedErasures {
  readonly temporal: Temporal;
  begin(script: Partial<Script>): ImaginedErasure;
  close(): Promise<void>;
}

export async function imagineErasures(configFile: string, namespace: string): Promise<ImaginedErasures> {
  const config = loadConfig({ STEWARD_CONFIG: configFile });
  const settings = { ...config.temporal, namespace };
  await registerNamespace(settings.address, namespace);
  await prepareNamespace(settings);
  const temporal = openTemporal(settings, await loadKeyRing(config.keys.file), {});
  const erasures = new Map<string, ImaginedErasure>();
  const connection = await NativeConnection.connect({ address: settings.address });
  const common = { connection, namespace, activities: stepsOf(erasures) };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: TASK_QUEUES.core, ...workflowCode() }),
    Worker.create({ ...common, taskQueue: TASK_QUEUES.bulk }),
    Worker.create({ ...common, taskQueue: TASK_QUEUES.outbound }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    temporal,
    begin: (script) => {
      const erasure = new ImaginedErasure(temporal, script);
      erasures.set(erasure.requestId, erasure);
      return erasure;
    },
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await Promise.all([connection.close(), temporal.close()]);
    },
  };
}

function stepsOf(erasures: ReadonlyMap<string, ImaginedErasure>) {
  const of = ({ requestId }: RequestRef): ImaginedErasure => {
    const erasure = erasures.get(requestId);
    if (!erasure) throw new RangeError('Nobody began this erasure.');
    return erasure;
  };
  const step =
    <T>(name: string, answers: (script: Script) => readonly T[]) =>
    (ref: RequestRef) =>
      of(ref).take(name, answers(of(ref).script));
  return {
    acknowledgeRequest: step('acknowledgeRequest', () => [null]),
    checkInstruction: step('checkInstruction', ({ instructed }) => instructed),
    openManualTasks: step('openManualTasks', () => [0]),
    locatePerson: step('locatePerson', () => [{ collections: 3, rows: 13 }]),
    openMatchReview: step('openMatchReview', () => [{ pending: 0 }]),
    gatherManualTasks: step('gatherManualTasks', () => [{ open: 0, attachments: 0 }]),
    remindPeople: (ref: RequestRef, { about }: Reminder) => of(ref).take(`ask:${about}`, [null]),
    planErasure: step('planErasure', ({ plans }) =>
      plans.map((plan, index) => ({ ...plan, erasureId: randomUUID(), generation: index + 1 })),
    ),
    openErasureReview: (ref: RequestRef) => {
      const { review, plans } = of(ref).script;
      const pending = plans[0]?.pending ?? 0;
      return of(ref).take('openErasureReview', [{ state: review, pending: review === 'awaited' ? pending : 0 }]);
    },
    beginCoolingOff: step('beginCoolingOff', ({ coolingOffMs }) => [
      { until: coolingOffMs === undefined ? undefined : new Date(Date.now() + coolingOffMs).toISOString() },
    ]),
    endCoolingOff: step('endCoolingOff', ({ proceeds }) => proceeds.map((proceed) => ({ proceed }))),
    eraseRecords: step('eraseRecords', ({ outcomes }) =>
      outcomes.map((outcome) => ({ outcome, erased: 10, pseudonymised: 1 })),
    ),
    eraseMedia: step('eraseMedia', () => [{ objects: 2 }]),
    endErasure: step('endErasure', () => [null]),
    plantTombstones: step('plantTombstones', () => [{ planted: 3 }]),
    verifyErasure: step('verifyErasure', ({ residuals }) => residuals.map((each) => ({ residuals: each }))),
    certifyFailedErasure: step('certifyFailedErasure', () => [{ certificateId: randomUUID() }]),
    certifyErasure: step('certifyErasure', () => [{ certificateId: randomUUID(), retained: 3, erased: 10 }]),
    tellErasure: step('tellErasure', () => [null]),
    closeErasure: step('closeErasure', ({ closed }) => [closed]),
    refuseErasure: step('refuseErasure', () => [{ status: 'completed', outcome: 'refused_by_controller' }]),
    withdrawRequest: step('withdrawRequest', () => [{ outcome: 'withdrawn' }]),
  };
}
