import { CommanderError } from 'commander'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { demoCommand } from './command.ts'
import { incidents } from './incidents/index.ts'

afterEach(() => vi.restoreAllMocks())

/** Runs the command as the program does. @returns what it printed and told, and the message of a refusal */
async function run(...args: string[]): Promise<{ printed: string; told: string; refused?: string }> {
  let printed = ''
  let told = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text
    return true
  })
  vi.spyOn(console, 'log').mockImplementation(text => void (printed += `${text}\n`))
  vi.spyOn(console, 'error').mockImplementation(text => void (told += `${text}\n`))
  const command = demoCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  try {
    await command.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return { printed, told, refused: error.message }
    throw error
  }
  return { printed, told }
}

describe('telltale demo', () => {
  it('prints the same NDJSON for the same flags, and tells of incidents aside', async () => {
    const flags = ['--json', '--start', '2026-11-22T09:00:00Z', '--duration', '1m', '--incident', 'pool']
    const { printed, told } = await run(...flags)
    const events = printed
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events.length).toBeGreaterThan(500)
    expect(events[0].time).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 22, 9))
    expect(events.at(-1).time).toBeLessThan(Date.UTC(2026, 10, 22, 9, 1))
    expect(told).toBe('▶ 09:00:30Z pool: could not obtain database connection within 5 sec.\n')
    expect((await run(...flags)).printed).toBe(printed)
    expect((await run(...flags, '--seed', '2')).printed).not.toBe(printed)
  })

  it('lists the incidents, for people and for programs', async () => {
    const { printed } = await run('--list')
    const { printed: json } = await run('--list', '--json')
    const listed = json
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(listed.map(({ name }) => name)).toEqual(incidents.map(({ name }) => name))
    for (const { name, queries } of listed) for (const text of [name, ...queries]) expect(printed).toContain(text)
  })

  it.each([
    [['--incident', 'earthquake'], 'No incident is called "earthquake"; there are parse-query-string,'],
    [['--rate', 'many'], 'Expected a number from 1 to 100000.'],
    [['--port', '80.5'], 'Expected a whole number.'],
    [['--duration', '5 apples'], 'A duration looks like 90s, 5m, 1h or 1d.'],
    [['--duration', '0m'], 'A duration looks like 90s, 5m, 1h or 1d.'],
    [['--start', 'yesterday'], 'A time looks like 2026-11-22T09:00:00Z.'],
  ])('refuses %j and says what it wants', async (args, message) => {
    expect((await run(...args)).refused).toContain(message)
  })
})
