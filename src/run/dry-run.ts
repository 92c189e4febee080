import type {RunRequest} from '../docker/run-options/draft.js'
import {labelled, type Invocation} from '../pipeline/labels.js'
import type {Pipeline} from '../pipeline/pipeline.js'

/**
 * What `--dry-run` prints: the create request as the Engine would get it, and what would be done besides.
 *
 * @param isShown whether an entry of the container's environment may be printed with its value
 */
export async function describeRun(
  {request, rm, pull, cidFile, needs}: RunRequest,
  unit: Invocation | undefined,
  pipeline: Pipeline,
  isShown: (entry: string) => boolean,
): Promise<string> {
  await pipeline.resolve(request)
  const stays = pipeline.residentReasons()
  const {name, platform, body} = labelled(request, {unit, rm})
  const Env = body.Env.map((entry) => (isShown(entry) ? entry : entry.replace(/=.*/s, '')))
  return JSON.stringify(
    {
      create: {name, platform, body: {...body, Env}},
      pull,
      cidFile,
      ...(needs === undefined || needs.length === 0 ? {} : {needs}),
      host: pipeline.describe(),
      resident: stays.length > 0 ? stays : false,
    },
    undefined,
    2,
  )
}
