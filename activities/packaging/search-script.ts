/**
 * The search of index.html, without a server. The rows' texts lie beside the page as scripts, for that is the only way in
 * which a page from a disk may read its neighbours; each calls `stewardRows` with the number of its first row and its rows,
 * one a line. Small collections have their rows on the page itself.
 *
 * The script is the same for every package, so that the page's policy can name it by its digest: what differs, words
 * included, stands in attributes. It only ever sets text, never markup.
 */
export const SEARCH_SCRIPT = `
(() => {
  'use strict';
  const form = document.getElementById('search-form');
  const status = document.getElementById('search-status');
  const list = document.getElementById('search-results');
  const words = JSON.parse(form.dataset.words);
  const count = new Intl.NumberFormat(document.documentElement.lang).format;
  const SHOWN = 200;
  const LETTERS = { 'ß': 'ss', 'æ': 'ae', 'œ': 'oe', 'ø': 'o', 'đ': 'd', 'ł': 'l', 'ı': 'i' };
  const fold = (text) => {
    const lower = text.toLowerCase();
    if (!/[^\\x00-\\x7f]/.test(lower)) return lower;
    return lower.normalize('NFKD').replace(/\\p{M}+/gu, '').replace(/[ßæœøđłı]/g, (letter) => LETTERS[letter]);
  };
  const fill = (text, values) => text.replace(/\\{(\\w+)\\}/g, (place, name) => values[name] ?? place);

  let arrived;
  globalThis.stewardRows = (first, rows) => { arrived = { first, rows: rows.split('\\n') }; };
  const load = (src) => new Promise((done) => {
    const script = document.createElement('script');
    const end = (shard) => { script.remove(); done(shard); };
    arrived = undefined;
    script.onload = () => end(arrived);
    script.onerror = () => end(undefined);
    script.src = src;
    document.head.append(script);
  });

  const cards = [...document.querySelectorAll('article[data-label]')];
  const shards = cards.flatMap((card) => Array.from({ length: Number(card.dataset.shards ?? 0) }, (_, at) => ({
    card: card.dataset, src: card.dataset.pages + '/search-' + String(at + 1).padStart(4, '0') + '.js',
  })));
  const onPage = () => cards.flatMap((card) => [...card.querySelectorAll(card.dataset.shards ? '.media > li' : 'tbody > tr, dl.record, .media > li')]
    .map((element) => ({ card: card.dataset, element })));

  const show = (found) => {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = found.href;
    link.textContent = found.label;
    const text = document.createElement('p');
    text.dir = 'auto';
    text.textContent = found.text;
    item.append(link, text);
    list.append(item);
  };
  const excerpt = (text, folded, term) => {
    const at = folded.length === text.length ? Math.max(0, folded.indexOf(term) - 80) : 0;
    const cut = text.slice(at, at + 240).replaceAll('\\t', ' · ').trim();
    return (at > 0 ? '… ' : '') + cut + (at + 240 < text.length ? ' …' : '');
  };

  let turn = 0;
  const search = async (query) => {
    const mine = ++turn;
    const terms = fold(query).split(/\\s+/).filter((term) => term !== '');
    list.replaceChildren();
    if (terms.length === 0) { status.textContent = ''; return; }
    let total = 0;
    let broken = false;
    const take = (text, describe) => {
      const folded = fold(text);
      for (const term of terms) if (!folded.includes(term)) return;
      total += 1;
      if (total <= SHOWN) show({ ...describe(), text: excerpt(text, folded, terms[0]) });
    };
    for (const { card, element } of onPage()) take(element.textContent.replace(/\\s+/g, ' '), () => ({
      href: '#' + element.id,
      label: fill(element.dataset.row ? words.record : words.file, { label: card.label, number: count(element.dataset.row ?? 0) }),
    }));
    for (const [at, { card, src }] of shards.entries()) {
      status.textContent = fill(words.searching, { percent: Math.floor((at / shards.length) * 10) * 10 });
      const shard = await load(src);
      if (mine !== turn) return;
      if (!shard) { broken = true; continue; }
      shard.rows.forEach((text, index) => take(text, () => {
        const number = shard.first + index;
        const page = String(Math.ceil(number / Number(card.pageRows))).padStart(4, '0');
        return { href: card.pages + '/' + page + '.html#r' + number, label: fill(words.record, { label: card.label, number: count(number) }) };
      }));
    }
    const sum = total === 0 ? words.none : fill(total > SHOWN ? words.more : words.some, { count: count(total), shown: count(SHOWN) });
    status.textContent = (broken ? words.failed + ' ' : '') + sum;
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void search(new FormData(form).get('q'));
  });
  document.getElementById('search-off').hidden = true;
  form.hidden = false;
})();
`;
