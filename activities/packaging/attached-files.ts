/** Files that people found by hand in systems that are not connected, one after the other into the archive. */
import type { ArchiveWriter } from './archive-writer.ts';
import type { Attachment, PackedAttachment } from './contents.ts';
import type { EntryNames } from './entry-names.ts';
import { isCompressed } from './media-files.ts';
import type { Progress } from './progress.ts';

export async function packAttachments(
  archive: ArchiveWriter,
  names: EntryNames,
  progress: Progress,
  attachments: readonly Attachment[],
): Promise<readonly PackedAttachment[]> {
  const packed: PackedAttachment[] = [];
  for (const attachment of attachments) {
    const path = names.unique(['attachments', attachment.system], attachment.name);
    const file = await archive.add(path, await attachment.open(), { store: isCompressed(path) });
    packed.push({ system: attachment.system, title: attachment.title, file });
    progress.files += 1;
  }
  return packed;
}
