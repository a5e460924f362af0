/** The words that the sample is made of. Names are as various as real ones, hostile values included. */
type Words = readonly [string, ...string[]];

export const FIRST_NAMES: Words = [
  'Amara',
  'Björn',
  'Chidi',
  'Dolores',
  'Émile',
  'Fatima',
  'Giulia',
  'Håkon',
  'Ingrid',
  'João',
  'Kwame',
  'Łucja',
  'Mei',
  'Noor',
  'Oisín',
  'Priya',
  'Quentin',
  'Rosa',
  'Søren',
  'Thandiwe',
  'Uma',
  'Vikram',
  'Wren',
  'Ximena',
  'Yusuf',
  'Zoë',
  'Aoife',
  'Bogdan',
  'Carmen',
  'Dmitri',
  'Eleni',
  'Femi',
  'Grace',
  'Hiroshi',
  'Ines',
  'Jamal',
  'Kateřina',
  'Liam',
  'Marta',
  'Nadia',
];

export const LAST_NAMES: Words = [
  'Adeyemi',
  'Bergström',
  "O'Brien",
  'Castellanos',
  'Dubois',
  'El-Sayed',
  'Fernández',
  'Grünwald',
  'Haugen',
  'Ivanova',
  'Jovanović',
  'Kowalski',
  'Lindgren',
  'Mbeki',
  'Nguyễn',
  'Okafor',
  'Papadopoulos',
  'Quispe',
  'Rossi',
  'Sørensen',
  'Tanaka',
  'Ülker',
  'van der Berg',
  'Wójcik',
  'Xu',
  'Yılmaz',
  'Zapata',
  'Ahmed',
  'Brown',
  'Chen',
  'Díaz',
  'Evans',
  'Fischer',
  'García',
  'Hughes',
  'Ito',
  'Jones',
];

/** Written to break what shows them: markup, right-to-left text, formulas, quotes, a path, an overlong word. */
export const HOSTILE_NAMES: Words = [
  '<img src=x onerror=alert(1)>',
  'محمد \u202Eعلي',
  '=HYPERLINK("http://example.com","x")',
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
export const STREETS: Words = [
  'Harbor View',
  'Pine Ridge',
  'Orchard Lane',
  'Mill Road',
  'Lakeshore Drive',
  'Market Street',
  'Elm Court',
];
export const CITIES: Words = ['Oakland', 'Astoria', 'Bellingham', 'Monterey', 'Eureka', 'Tacoma', 'Bend'];
export const LEAD_SOURCES: Words = ['website', 'open house', 'referral', 'portal', 'phone'];
export const LEAD_STATES: Words = ['new', 'working', 'nurturing', 'converted', 'lost'];
export const STAGES: Words = ['inquiry', 'viewing', 'offer', 'under contract', 'closed'];
export const INTERESTS: Words = ['sea view', 'garden', 'schools', 'new build', 'investment', 'quiet street'];
export const PURPOSES: Words = ['newsletter', 'listing alerts', 'phone calls'];
export const ACTIVITY_KINDS: Words = ['call', 'email', 'visit', 'form', 'login'];
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
];
