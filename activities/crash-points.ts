/** For tests: every activity can die before it begins, and when it has done its work but nobody knows yet. */
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Context } from '@temporalio/activity';
import { failPoint } from './erasing/fail-points.ts';

export class CrashPoints implements ActivityInboundCallsInterceptor {
  private readonly activity: string;

  constructor({ info }: Context) {
    this.activity = info.activityType;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    failPoint(`before.${this.activity}`);
    const result = await next(input);
    failPoint(`after.${this.activity}`);
    return result;
  }
}
