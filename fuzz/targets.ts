import type { Target } from './target.ts'
import { accessLog } from './targets/access-log.ts'
import { body } from './targets/body.ts'
import { config } from './targets/config.ts'
import { datagrams } from './targets/datagrams.ts'
import { history } from './targets/history.ts'
import { http } from './targets/http.ts'
import { journal } from './targets/journal.ts'
import { lines } from './targets/lines.ts'
import { live } from './targets/live.ts'
import { plain } from './targets/plain.ts'
import { query } from './targets/query.ts'
import { question } from './targets/question.ts'
import { scan } from './targets/scan.ts'
import { snapshot } from './targets/snapshot.ts'
import { stateFile } from './targets/state.ts'
import { tcp } from './targets/tcp.ts'
import { values } from './targets/values.ts'
import { websocket } from './targets/websocket.ts'

/** Every decoder there is; a new one is a file in targets/ and an entry here. */
export const targets: readonly Target[] = [
  scan,
  lines,
  values,
  plain,
  accessLog,
  tcp,
  websocket,
  body,
  datagrams,
  http,
  live,
  query,
  history,
  question,
  journal,
  snapshot,
  stateFile,
  config,
]
