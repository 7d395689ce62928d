// SPDX-License-Identifier: Apache-2.0
// Writes src/base/phone_table.h from the metadata of npm's libphonenumber-js: per country its calling code, trunk prefix and the lengths of
// national numbers. Run when the metadata has changed:
//   npm install --prefix /tmp/phone libphonenumber-js
//   node tools/phone-table.mjs /tmp/phone/node_modules/libphonenumber-js > src/base/phone_table.h
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2];
if (!directory) {
	console.error('usage: node tools/phone-table.mjs DIRECTORY-OF-libphonenumber-js');
	process.exit(2);
}
const version = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version;
const metadata = JSON.parse(readFileSync(join(directory, 'metadata.max.json'), 'utf8'));

// Countries of one calling code stand together, the main one first
const rows = [];
for (const [code, countries] of Object.entries(metadata.country_calling_codes))
	for (const country of countries) {
		const [, , , lengths, , trunk] = metadata.countries[country];
		const mask = lengths.reduce((bits, length) => bits | (1 << length), 0);
		if (!/^[1-9]\d{0,2}$/.test(code) || !/^[A-Z]{2}$/.test(country) || (trunk && !/^\d{1,3}$/.test(trunk)) || !mask)
			throw new Error(`unexpected metadata of ${country}`);
		rows.push(`\t{"${country}", "${code}", "${trunk || ''}", 0x${mask.toString(16)}},`);
	}

console.log(`/* SPDX-License-Identifier: Apache-2.0 */
/* Made by tools/phone-table.mjs from libphonenumber-js ${version}; not to be edited. Included by phone.c alone. */

static const struct phone_country countries[] = {
${rows.join('\n')}
};`);
