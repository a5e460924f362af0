/** The words that the sample is made of. Names and notes are as various as real ones, hostile values included. */
type Words = readonly [string, ...string[]];

/** A list written in one line; a comma needs a list of its own. */
function words(text: string): Words {
  const [first = '', ...others] = text.split(', ');
  return [first, ...others];
}

export const FIRST_NAMES: Words = [
  ...words('Amara, Björn, Chidi, Dolores, Émile, Fatima, Giulia, Håkon, Ingrid, João, Kwame, Łucja, Mei, Noor, Oisín'),
  ...words('Priya, Quentin, Rosa, Søren, Thandiwe, Uma, Vikram, Wren, Ximena, Yusuf, Zoë, Aoife, Bogdan, Carmen'),
  ...words("Dmitri, Eleni, Femi, Grace, Hiroshi, Ines, Jamal, Kateřina, Liam, Marta, Nadia, D'Andre, Anne-Marie"),
  ...words('فاطمة, يوسف, נועה, דוד, 美玲, 健太, Олена, Γιάννης, अनिता, 지훈'),
];

export const LAST_NAMES: Words = [
  ...words(
    "Adeyemi, Bergström, O'Brien, Castellanos, Dubois, El-Sayed, Fernández, Grünwald, Haugen, Ivanova, Jovanović",
  ),
  ...words('Kowalski, Lindgren, Mbeki, Nguyễn, Okafor, Papadopoulos, Quispe, Rossi, Sørensen, Tanaka, Ülker'),
  ...words('van der Berg, Wójcik, Xu, Yılmaz, Zapata, Ahmed, Brown, Chen, Díaz, Evans, Fischer, García, Hughes, Ito'),
  ...words("Jones, N'Diaye, de la Cruz, Smith-Jones, الحداد, כהן, 王, 佐藤, Шевченко, Παππάς, शर्मा, 김"),
];

/** Written to break what shows them: markup, formulas, right-to-left overrides, quotes, a path, an overlong word. */
export const HOSTILE_NAMES: Words = [
  '<img src=x onerror=alert(1)>',
  '=HYPERLINK("http://example.com","x")',
  'محمد \u202Eعلي',
  '+SUM(1,1)',
  '@cmd',
  '-2+3',
  `Robert'); DROP TABLE contacts;--`,
  '../../etc/passwd',
  '"quoted", with commas\nand a new line',
  '🏡 Realtor 🏡',
  'x'.repeat(200),
];

export const DOMAINS: Words = ['example.com', 'example.org', 'example.net'];
export const STREETS = words(
  'Harbor View, Pine Ridge, Orchard Lane, Mill Road, Lakeshore Drive, Market Street, Elm Court',
);
export const CITIES = words('Oakland, Astoria, Bellingham, Monterey, Eureka, Tacoma, Bend');
export const LEAD_SOURCES = words('website, open house, referral, portal, phone');
export const LEAD_STATES = words('new, working, nurturing, converted, lost');
export const STAGES = words('inquiry, viewing, offer, under contract, closed');
export const INTERESTS = words('sea view, garden, schools, new build, investment, quiet street');
export const PURPOSES = words('newsletter, listing alerts, phone calls');
export const ACTIVITY_KINDS = words('call, email, visit, form, login');
export const INVOICE_ITEMS = words('Commission, Valuation, Photographs, Floor plan, Notary, Staging');
export const USER_AGENTS: Words = [
  'Mozilla/5.0 (X11; Linux x86_64)',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0)',
  'Thunderbird/140',
];

export const SENTENCES: Words = [
  'Asked about the garden and the schools nearby.',
  'Prefers to be called after six in the evening.',
  'Would like a second viewing with a surveyor.',
  'Has sold the flat and wants to move by autumn.',
  'Cannot climb stairs; looking for a ground floor.',
  'Sent the proof of funds; to be filed with the offer.',
  'Wrote: "the price, frankly, is = too much".',
  'Is waiting for the bank; patient until the end of the month.',
  '- called twice\n- left a message\n\twith the front desk',
  '=price * 0.97 is what they would offer.',
  '+1 for the kitchen 👍🏽, they said.',
  '@front desk: please send the floor plan.',
  'يفضل الشقة المطلة على البحر.',
  'C:\\scans\\offer.pdf was sent by mistake; asked again.',
];
