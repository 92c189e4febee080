import type {RunOrder} from './line.js'
import type {Pipeline} from './pipeline.js'

/** What `--dry-run` prints: the create request as the Engine would get it, and what would be done besides. */
export async function describeRun({request, pull}: RunOrder, pipeline: Pipeline): Promise<string> {
  await pipeline.resolve(request)
  const stays = pipeline.residentReasons()
  return JSON.stringify(
    {
      create: {name: request.name, platform: request.platform, body: request.body},
      pull,
      host: pipeline.describe(),
      resident: stays.length > 0 ? stays : false,
    },
    undefined,
    2,
  )
}
