import { describe, expect, it } from 'vitest';
import { csvLine } from '../../../activities/searching/csv-line.ts';

describe('a line of CSV', () => {
  it('tells nothing from an empty text', () => {
    expect(csvLine(['a', null, '', 'b'])).toBe('a,,"",b\n');
  });

  it('quotes what would end a value', () => {
    expect(csvLine(['a,b', 'say "x"', 'two\nlines', 'two\rlines', ' c '])).toBe(
      '"a,b","say ""x""","two\nlines","two\rlines", c \n',
    );
  });

  it('quotes the mark for the end of data where it stands alone', () => {
    expect(csvLine(['\\.'])).toBe('"\\."\n');
    expect(csvLine(['\\.', 'a'])).toBe('\\.,a\n');
  });
});
