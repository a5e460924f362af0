/** A file on the index page: a picture shows itself, any other its kind. */
import type { ManifestFile } from '../../domain/manifest.ts';
import { hrefOf, html } from './html.ts';
import type { Html } from './html.ts';
import { formatBytes } from './values.ts';

const IMAGES = /\.(png|jpe?g|gif|webp|avif)$/i;

export function fileItem(file: ManifestFile, id: string, title?: string): Html {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const extension = /\.([^.]{1,5})$/.exec(name)?.[1]?.toUpperCase() ?? 'FILE';
  const preview = IMAGES.test(name)
    ? html`<img src="${hrefOf(file.path)}" alt="" loading="lazy">`
    : html`<span class="type" aria-hidden="true">${extension}</span>`;
  const about = title === undefined ? '' : html`<span>${title}</span> `;
  return html`<li id="${id}"><a href="${hrefOf(file.path)}">${preview}<bdi>${name}</bdi></a>${about}<span class="soft">${formatBytes(file.bytes)}</span></li>`;
}
