/** The people whom a request waits for: they are asked, asked again, and each word of theirs is looked for in the database. */
import type { Reminder, RequestRun } from '../domain/runs.ts';
import { outbound } from './activity-proxies.ts';
import type { Progress } from './progress.ts';
import { waitForPerson } from './wait-for-person.ts';

export class AwaitedPeople {
  private readonly run: RequestRun;
  private readonly progress: Progress;
  private news = false;
  private asked = 0;

  constructor(run: RequestRun, progress: Progress) {
    this.run = run;
    this.progress = progress;
  }

  /** A signal came: the database may say something else than when it was last looked at. */
  tell(): void {
    this.news = true;
  }

  get haveNews(): boolean {
    return this.news;
  }

  /** To be called before the database is looked at, so that what comes meanwhile is not missed. */
  forgetNews(): void {
    this.news = false;
  }

  /** Waits until the database says that people have decided; every signal is a reason to look there again. */
  async decide(about: Reminder['about'], isDecided: () => Promise<boolean>): Promise<void> {
    for (;;) {
      this.forgetNews();
      if (await isDecided()) return;
      await waitForPerson({
        isOver: () => this.news,
        dueAt: this.run.legalDueAt,
        progress: this.progress,
        remind: ({ overdue }) => this.ask(about, { again: true, overdue }),
      });
    }
  }

  /** Numbered over the whole run, so that each is sent once and none is taken for an earlier one. */
  ask(about: Reminder['about'], how = { again: false, overdue: false }): Promise<void> {
    this.asked += 1;
    return outbound.remindPeople(this.run, { about, ordinal: this.asked, ...how });
  }
}
