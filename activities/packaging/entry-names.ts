/**
 * Names of files inside the archive. A stored name is somebody's input: it may climb out of a folder, hide its true
 * extension behind a direction mark, or be a device on Windows. What comes from here unpacks everywhere, as one file.
 */

/** Control, format (direction marks among them), unassigned and private characters, lone surrogates. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
/** Separators, and what Windows does not allow in a file name. */
const FORBIDDEN = /[/\\<>:"|?*]/g;
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)/i;
/** Linux allows 255 bytes a name; paths on Windows 260 characters in all. */
const MAX_BYTES = 100;

/** One path segment that is safe on every common file system; never empty. */
export function safeFileName(proposed: string): string {
  const visible = proposed.normalize('NFC').replace(INVISIBLE, '').replace(FORBIDDEN, '_');
  const trimmed = withoutEdges(visible);
  const named = trimmed === '' ? 'file' : trimmed;
  return shortened(DEVICE.test(named) ? `_${named}` : named);
}

/** Windows drops dots and spaces at the end; a dot in front hides a file. */
function withoutEdges(name: string): string {
  return name.replace(/^[\s.]+/, '').replace(/[\s.]+$/, '');
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const { stem, extension } = split(name);
  let kept = '';
  for (const character of stem) {
    if (Buffer.byteLength(kept + character + extension) > MAX_BYTES) break;
    kept += character;
  }
  return `${withoutEdges(kept)}${extension}`;
}

/** The extension with its dot, if it looks like one. */
function split(name: string): { stem: string; extension: string } {
  const extension = /.(\.[\p{L}\p{N}]{1,10})$/u.exec(name)?.[1] ?? '';
  return { stem: name.slice(0, name.length - extension.length), extension };
}

/** Gives each file of an archive a path of its own, also where upper and lower case count as the same. */
export class EntryNames {
  /** How often each path was proposed; thousands of files can share one name. */
  private readonly proposals = new Map<string, number>();
  private readonly taken = new Set<string>();

  /** `folders` and `proposed` are made safe; a path that is taken gets a number before its extension. */
  unique(folders: readonly string[], proposed: string): string {
    const folder = folders.map((name) => `${safeFileName(name)}/`).join('');
    const { stem, extension } = split(safeFileName(proposed));
    const wanted = `${folder}${stem}${extension}`.toLowerCase();
    for (let ordinal = (this.proposals.get(wanted) ?? 0) + 1; ; ordinal += 1) {
      const path = `${folder}${stem}${ordinal === 1 ? '' : ` (${ordinal})`}${extension}`;
      if (this.taken.has(path.toLowerCase())) continue;
      this.proposals.set(wanted, ordinal);
      this.taken.add(path.toLowerCase());
      return path;
    }
  }
}
