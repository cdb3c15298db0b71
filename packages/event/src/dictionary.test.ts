import { expect, test } from 'vitest'
import { Dictionary, FIRST_TEXT, Schema } from './index.ts'

test('equal texts have one code, strings and JSON apart', () => {
  const dictionary = new Dictionary(1)
  const words = Array.from({ length: 5000 }, (_, i) => `word ${i % 1000} é`)
  const codes = words.map(word => dictionary.string(word))
  expect(new Set(codes).size).toBe(1000)
  expect(Math.min(...codes)).toBe(FIRST_TEXT)
  expect(codes.map(code => dictionary.text(code))).toEqual(words)
  const json = dictionary.jsonText('[1]')
  expect(dictionary.string('[1]')).not.toBe(json)
  expect(dictionary.value(json)).toEqual([1])
  const other = new Dictionary()
  expect(other.value(other.adopt(dictionary, json))).toEqual([1])
})

test('texts of one hash stay right, shared or not', () => {
  const dictionary = new Dictionary()
  const texts = Array.from({ length: 3000 }, (_, i) => Buffer.from(`text ${i}`))
  const codes = texts.map(text => dictionary.addHashed(text, 0, text.length, 0, 42))
  expect(codes.map(code => dictionary.text(code))).toEqual(texts.map(String))
  expect(dictionary.addHashed(texts[0]!, 0, texts[0]!.length, 0, 42)).toBe(codes[0])
})

test('keys of one hash are told apart, and keys that need escapes are no others', () => {
  const schema = new Schema()
  const at = (key: string) => schema.childOf(schema.root, Buffer.from(key), 0, Buffer.byteLength(key), 7)
  for (const key of ['a', 'b', 'a"b', 'a\\"b', 'é', '__proto__']) {
    expect(at(key).keys).toEqual([key])
    expect(at(key)).toBe(schema.child(schema.root, key))
  }
})

test('a schema is full by paths, shapes or long keys', () => {
  const many = new Schema(100)
  for (let i = 0; i < 100; i++) many.path([String(i)])
  expect(many.full).toBe(true)
  const long = new Schema(100)
  long.path(['x'.repeat(30_000)])
  expect(long.full).toBe(true)
})
