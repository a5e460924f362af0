/**
 * How long an answer may take. The figures are data with their source, for they differ by law and change; the runbook
 * tells operators to confirm them for their own case.
 */
import { DateTime } from 'luxon';

export const REGIMES = ['gdpr', 'uk_gdpr', 'ccpa', 'iowa', 'lgpd', 'pipa', 'quebec_25', 'pipeda', 'contract'] as const;
export type Regime = (typeof REGIMES)[number];

/** A calendar period: months are calendar months, 31 January plus one is the last day of February. */
interface Period {
  readonly months?: number;
  readonly days?: number;
}

export interface ResponseTime {
  readonly answerWithin: Period;
  /** The one extension that the law allows; undefined where it allows none. */
  readonly extension?: Period;
  /** Where the figure comes from. */
  readonly source: string;
}

export const RESPONSE_TIMES: Record<Regime, ResponseTime> = {
  gdpr: { answerWithin: { months: 1 }, extension: { months: 2 }, source: 'Regulation (EU) 2016/679, Art. 12(3)' },
  uk_gdpr: { answerWithin: { months: 1 }, extension: { months: 2 }, source: 'UK GDPR, Art. 12(3)' },
  ccpa: {
    answerWithin: { days: 45 },
    extension: { days: 45 },
    source: 'Cal. Civ. Code 1798.130(a)(2); 11 CCR 7021(b)',
  },
  iowa: { answerWithin: { days: 90 }, extension: { days: 45 }, source: 'Iowa Code 715D.3(2)' },
  lgpd: { answerWithin: { days: 15 }, source: 'Lei 13.709/2018, Art. 19(II)' },
  pipa: {
    answerWithin: { days: 10 },
    source: 'Personal Information Protection Act (Korea), Enforcement Decree Art. 41',
  },
  quebec_25: { answerWithin: { days: 30 }, source: 'CQLR c. P-39.1, s. 32' },
  pipeda: { answerWithin: { days: 30 }, extension: { days: 30 }, source: 'S.C. 2000, c. 5, Sch. 1, s. 8(3)-(4)' },
  contract: { answerWithin: { days: 30 }, source: 'the data-processing terms; no statute named by the controller' },
};

/**
 * When the controller's answer is due, counted from when the controller received the request, in the time zone given
 * (an IANA name). The result is the end of that day, for a period in days or months ends with its last day
 * (Regulation (EEC, Euratom) 1182/71, Art. 3(2)(b), (c)).
 */
export function legalDueAt(receivedByController: Date, regime: Regime, zone: string = 'utc'): Date {
  return endOfPeriod(receivedByController, RESPONSE_TIMES[regime].answerWithin, zone);
}

/** A processor answers inside the controller's time: the contractual clock starts when the processor is told. */
export function contractualDueAt(receivedByUs: Date, days: number, zone: string = 'utc'): Date {
  return endOfPeriod(receivedByUs, { days }, zone);
}

function endOfPeriod(start: Date, period: Period, zone: string): Date {
  return DateTime.fromJSDate(start, { zone }).plus(period).endOf('day').startOf('second').toJSDate();
}
