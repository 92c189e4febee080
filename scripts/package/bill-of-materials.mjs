import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {ROOT} from '../bundle.mjs'

/**
 * What the program is made of, as a bill of materials (CycloneDX 1.6, JSON).
 *
 * @param {readonly import('../licenses.mjs').BundledPackage[]} parts
 * @returns {Promise<string>}
 */
export async function billOfMaterials(parts) {
  const {name, version, license} = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': `${name}@${version}`,
        name,
        version,
        licenses: [{license: {id: license}}],
      },
    },
    components: parts.map((part) => componentOf(part)),
  }
  return `${JSON.stringify(bill, undefined, 2)}\n`
}

function componentOf({name, version, license}) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return {type: 'library', 'bom-ref': purl, name, version, purl, licenses: [{expression: license}]}
}
