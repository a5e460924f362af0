/** How far a package has come; what the activity's heartbeats carry. Counts and names of collections only. */
export class Progress {
  rows = 0;
  files = 0;
  collection = '';

  /** `bytes` is how large the archive has become. */
  report(bytes: number): Readonly<Record<string, number | string>> {
    const { rows, files, collection } = this;
    return { rows, files, bytes, collection };
  }
}
