// SPDX-License-Identifier: Apache-2.0
// Writes server/account/password_table.h: the passwords that are guessed first, by how often they were seen in leaks, as counted in npm's zxcvbn. Only those that
// are long enough to be asked for here. Run when the list or the least length has changed:
//   npm install --prefix /tmp/passwords zxcvbn
//   node tools/password-table.mjs /tmp/passwords/node_modules/zxcvbn > server/account/password_table.h
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LEAST_LENGTH = 8; // PASSWORD_MIN
const WANTED = 5000;

const directory = process.argv[2];
if (!directory) {
	console.error('usage: node tools/password-table.mjs DIRECTORY-OF-zxcvbn');
	process.exit(2);
}
const version = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version;
const { passwords } = createRequire(import.meta.url)(join(directory, 'lib/frequency_lists.js'));
const chosen = passwords.filter((word) => word.length >= LEAST_LENGTH).slice(0, WANTED);
if (chosen.length < WANTED || chosen.some((word) => !/^[\x21-\x7e]+$/.test(word) || word !== word.toLowerCase()))
	throw new Error('unexpected list');
chosen.sort((a, b) => (a < b ? -1 : 1)); // by bytes, as strcmp()

console.log(`/* SPDX-License-Identifier: Apache-2.0 */
/* Made by tools/password-table.mjs from zxcvbn ${version}; not to be edited. Included by password_policy.c alone. */

static const char *const common_passwords[] = {
${chosen.map((word) => `\t${JSON.stringify(word)},`).join('\n')}
};`);
