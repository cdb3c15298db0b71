// Lines of many shapes, made up anew in the same way each time: what the scanner and the ring must be good at besides the bench's own events.
const WORDS =
  'account order cart user session profile invoice search item report export admin login photo comment tag feed queue worker'.split(
    ' ',
  )
const START = 1795132800000

let state = 1
function random(below) {
  state = (Math.imul(state, 1103515245) + 12345) | 0
  return ((state >>> 8) & 0xffff) % below
}
const word = () => WORDS[random(WORDS.length)]
const list = (n, make) => Array.from({ length: n }, (_, k) => make(k))
const head = (type, i) => `{"type":"${type}","hostname":"h${random(9)}","time":${START + i}`

export const SHAPES = {
  'few keys at top': i =>
    `{"type":"t${random(1000)}","hostname":"dc0-web${random(50)}","time":${START + i / 15},"service":"service ${random(20)}","state":"${random(50) ? 'ok' : 'critical'}","metric":${random(10000) / 1e4}}`,
  deep: i =>
    `${head('deep', i)},"additional_info":{"http":{"request":{"headers":{"host":"${word()}","agent":"${word()} ${word()}"},"method":"GET","path":"/${word()}/${random(99)}"},"response":{"status":${200 + random(5)},"bytes":${random(60000)}}},"user":{"id":${random(60000)},"geo":{"country":{"code":"DE"},"lat":${random(9000) / 100}}},"ok":true}}`,
  sparse: i =>
    `${head('sparse', i)},"additional_info":{${list(60, k => k)
      .filter(() => random(10) === 0)
      .map(k => `"key_${k}":${k % 3 ? random(1000) : `"${word()}"`}`)
      .join(',')}}}`,
  'each its own keys': i =>
    `${head(word(), i)}${list(1 + random(8), k => `,"${word()}_${random(40)}_${k}":${random(2) ? random(1000) : `"${word()}"`}`).join('')}}`,
  'long texts': i => `${head('log', i)},"message":"${list(150, word).join(' ')} ${i}"}`,
  'escapes and unicode': i =>
    `${head('größe', i)},"message":"Übergrößenträger ${word()} 日本語テキスト ${random(1000)} 🎉 \\n\\t\\"quoted\\" \\u00e9${word()}","näme":"${word()}é"}`,
  'white space': i =>
    `{ "type" : "spaced", "hostname": "h${random(9)}", "time": ${START + i}, "additional_info": { "a": ${random(1000)}, "b": "${word()}", "c": [1, 2, "${word()}"], "d": null } }`,
  'times as text': i =>
    `{"level":"info","time":"${new Date(START + i).toISOString()}","logger":"${word()}","msg":"${word()} ${word()} ${random(1000)} ${word()}","pid":${random(30000)}}`,
  'many numbers': i =>
    `${head('m', i)}${list(20, k => `,"m${k}":${(random(65536) * 65536 + random(65536)) / 1e4}`).join('')}}`,
}

/** So many lines of a shape. */
export function linesOf(shape, count) {
  state = 12345
  return list(count, SHAPES[shape])
}
