import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Event } from '@telltale/event'
import { afterEach, expect, test } from 'vitest'
import { testContext, until } from '../../test/recorder.ts'
import { type Channel, type HostOptions, host } from '../index.ts'

const linux = process.platform === 'linux'
const running: Channel[] = []
const children: ChildProcess[] = []
afterEach(async () => {
  for (const channel of running.splice(0)) await channel.stop()
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function rounds(count: number, options: HostOptions = {}) {
  const context = testContext()
  const channel = host({ every: 100, ...options })
  running.push(channel)
  await channel.start(context)
  await until(() => context.intake.takes >= count, `${count} rounds`)
  await channel.stop()
  return { events: context.intake.events, logs: context.logs, drops: context.intake.drops }
}

const of = (events: Event[], type: string) => events.filter(e => e.type === type).map(e => e.additional_info)

async function child(code: string): Promise<number> {
  const started = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(started)
  await once(started.stdout!, 'data')
  return started.pid!
}

test.skipIf(!linux)('a round tells of every part of the machine (needs /proc)', async () => {
  const { events } = await rounds(2)
  const types = new Set(events.map(e => e.type))
  for (const type of 'cpu memory disk files sockets processes process'.split(' '))
    expect([...types]).toContain(`host_${type}`)
  const [cpu] = of(events, 'host_cpu')
  expect(cpu!['percent']).toBeGreaterThanOrEqual(0)
  expect(cpu!['percent']).toBeLessThanOrEqual(100)
  expect(cpu!['cores_percent']).toHaveLength(cpu!['cores'] as number)
  const [memory] = of(events, 'host_memory')
  expect(memory!['total_bytes']).toBe(Math.floor(totalmem() / 1024) * 1024)
  const root = of(events, 'host_disk').find(disk => disk['mount'] === '/')
  expect(root!['used_bytes']).toBeLessThan(root!['size_bytes'] as number)
  const [processes] = of(events, 'host_processes')
  expect(processes!['count']).toBeGreaterThan(1)
  const times = new Set(events.filter(e => e.type === 'host_cpu').map(e => e.time))
  expect(times.size).toBe(of(events, 'host_cpu').length)
})

test.skipIf(!linux)('800 leaked UDP sockets of one process stand at the top (needs /proc)', async () => {
  const pid = await child(
    `const d=require('dgram');let n=0;for(let i=0;i<800;i++)d.createSocket(i%2?'udp4':'udp6').bind(0,()=>{if(++n===800)console.log('ready')})`,
  )
  const { events } = await rounds(2)
  const [first] = of(events, 'host_process_sockets')
  expect(first).toMatchObject({ pid, process: 'node', udp: 800, tcp: 0 })
  expect(first!['open_files']).toBeGreaterThan(800)
  const [all] = of(events, 'host_sockets')
  expect(all!['udp']).toBeGreaterThanOrEqual(800)
  expect((all!['top'] as unknown[])[0]).toEqual({ pid, process: 'node', tcp: 0, udp: 800 })
  const file = of(events, 'host_process').find(process => process['pid'] === pid)
  expect(file!['open_files']).toBe(first!['open_files'])
  expect(file!['open_files_limit']).toBeGreaterThan(0)
})

test.skipIf(!linux)('TCP sockets are told by their state, also those left half closed (needs /proc)', async () => {
  const pid = await child(
    // 20 connections to itself: the far ends stay open after the near ones have ended.
    `const n=require('net');const s=n.createServer({allowHalfOpen:true},c=>c.on('end',()=>{if(++k===20)console.log('ready')}).resume());let k=0;s.listen(0,'127.0.0.1',()=>{for(let i=0;i<20;i++)n.connect({port:s.address().port,allowHalfOpen:true}).end()})`,
  )
  const { events } = await rounds(1)
  const held = of(events, 'host_process_sockets').find(process => process['pid'] === pid)
  expect(held).toMatchObject({ listen: 1, close_wait: 20, closing: 20, tcp: 41, udp: 0 })
})

test.skipIf(!linux)('the work of a round is bounded: where there is more, it has its turn in the next', async () => {
  const pids = await Promise.all(
    [60, 70].map(count =>
      child(
        `const d=require('dgram');let n=0;for(let i=0;i<${count};i++)d.createSocket('udp4').bind(0,()=>{if(++n===${count})console.log('ready')})`,
      ),
    ),
  )
  const context = testContext()
  const channel = host({ every: 50, descriptorsPerRound: 20, leastSockets: 50 })
  running.push(channel)
  await channel.start(context)
  const seen = () => new Set(of(context.intake.events, 'host_process_sockets').map(process => process['pid']))
  await until(() => pids.every(pid => seen().has(pid)), 'both processes')
})

test('the proc of a machine seen from a container, and what it lacks is left out', async () => {
  const root = join(mkdtempSync(join(tmpdir(), 'telltale-host-')), 'proc')
  const file = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  file('stat', 'cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 0 0\nctxt 500\nprocesses 20\n')
  file('meminfo', 'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\n')
  file(
    '1/mounts',
    `/dev/sda1 ${tmpdir()} ext4 rw 0 0\nnas:/x /mnt/nas nfs rw 0 0\n/dev/sdb /gone\\040away xfs rw 0 0\n`,
  )
  file('7/stat', '7 (odd (name) x) S 1 7 7 0 -1 4194304 0 0 0 0 30 10 0 0 20 0 3 0 55 1000 25 0')
  mkdirSync(join(root, '7/fd'))
  symlinkSync('socket:[55]', join(root, '7/fd/3'))
  symlinkSync('socket:[56]', join(root, '7/fd/4'))
  file(
    '1/net/tcp6',
    '  sl  local_address rem_address st …\n   0: 00:07E8 00:0000 0A 0:0 00:0 0 0 0 55 1 0 100\n   1: 00:07E8 00:0050 06 0:0 00:0 0 0 0 0 1 0\n',
  )
  const { events, logs } = await rounds(2, { proc: root, hostname: 'box', leastSockets: 2 })
  expect(logs).toEqual([])
  expect(events.every(e => e.hostname === 'box')).toBe(true)
  expect(of(events, 'host_memory')[0]).toMatchObject({
    used_bytes: 600 * 1024,
    percent: 60,
    swap_used_bytes: 50 * 1024,
    swap_percent: 25,
  })
  expect(of(events, 'host_disk').map(disk => disk['mount'])).toEqual(Array(2).fill(tmpdir()))
  expect(of(events, 'host_process')[0]).toMatchObject({ pid: 7, process: 'odd (name) x', threads: 3 })
  expect(of(events, 'host_sockets')[0]).toMatchObject({ tcp: 2, listen: 1, time_wait: 1, processes_visible: 1 })
  expect(of(events, 'host_process_sockets')[0]).toMatchObject({ pid: 7, sockets: 2, listen: 1, other: 1 })
  expect(new Set(events.map(e => e.type))).not.toContain('host_pressure')
})

test('where there is no /proc it says once what is missing and tells the rest', async () => {
  const { events, logs } = await rounds(2, { proc: '/nowhere' })
  expect(logs).toHaveLength(1)
  expect(logs[0]).toContain('only processor, memory and disk space are measured')
  expect([...new Set(events.map(e => e.type))].sort()).toEqual(['host_cpu', 'host_disk', 'host_memory'])
})

test('while the intake is busy a round is dropped and counted', async () => {
  const context = testContext()
  context.intake.pushBack('no room')
  const channel = host({ every: 20 })
  running.push(channel)
  await channel.start(context)
  await until(() => context.intake.drops.length > 0, 'a drop')
  expect(context.intake.drops[0]).toMatchObject({ channel: 'host', reason: 'no room' })
  expect(context.intake.events).toEqual([])
})

test('an interval that is none is refused with what was found', () => {
  expect(() => host({ every: 'often' })).toThrow(`host({ every }) must be a time like '5s'`)
})
