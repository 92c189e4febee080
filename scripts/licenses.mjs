// What the packages of npm are whose files are bundled.
import {readFile, readdir} from 'node:fs/promises'
import {ROOT} from './bundle.mjs'

/**
 * @typedef {object} BundledPackage
 * @property {string} name
 * @property {string} version
 * @property {string} license its name (SPDX)
 * @property {string} text its license
 */

/**
 * The packages that the given files of node_modules belong to, by name.
 *
 * @param {readonly string[]} files by their paths in the checkout
 * @returns {Promise<BundledPackage[]>}
 */
export async function packagesOf(files) {
  const directories = new Set(files.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []))
  const packages = []
  for (const directory of [...directories].sort()) {
    const {name, version, license} = JSON.parse(await readFile(`${ROOT}/${directory}/package.json`, 'utf8'))
    const file = (await readdir(`${ROOT}/${directory}`)).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file === undefined ? license : await readFile(`${ROOT}/${directory}/${file}`, 'utf8')
    packages.push({name, version, license, text: text.trim()})
  }
  return packages
}

/**
 * Their licenses: who hands the bundles on hands these on, too.
 *
 * @param {readonly BundledPackage[]} packages
 * @returns {string}
 */
export function licensesOf(packages) {
  return packages.map(({name, version, text}) => `${name} ${version}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`)
}
