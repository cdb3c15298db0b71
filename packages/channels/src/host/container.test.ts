import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ContainerProbe } from './container.ts'
import { Proc } from './proc.ts'
import { Slices } from './slices.ts'

const root = mkdtempSync(join(tmpdir(), 'telltale-cgroup-'))
mkdirSync(join(root, 'proc/self'), { recursive: true })
mkdirSync(join(root, 'cgroup/app'), { recursive: true })
writeFileSync(join(root, 'proc/self/cgroup'), '0::/app\n')
const file = (name: string, text: string) => writeFileSync(join(root, 'cgroup/app', name), text)
const probe = () => new ContainerProbe(new Proc(join(root, 'proc')), join(root, 'cgroup'))
const round = (at: number) => ({ at, slices: new Slices() })

test('without limits there is nothing to tell', () => {
  file('memory.max', 'max\n')
  file('cpu.max', 'max 100000\n')
  expect(probe().measure(round(1))).toEqual([])
})

test('use is told against the limits', () => {
  file('memory.max', '1000\n')
  file('memory.current', '250\n')
  file('cpu.max', '50000 100000\n')
  file('cpu.stat', 'usage_usec 1000000\nnr_periods 10\nnr_throttled 1\n')
  file('memory.events', 'low 0\noom_kill 2\n')
  const container = probe()
  container.measure(round(1_000))
  file('cpu.stat', 'usage_usec 1250000\nnr_periods 20\nnr_throttled 6\n')
  expect(container.measure(round(2_000))).toEqual([
    {
      type: 'host_container',
      memory_bytes: 250,
      memory_limit_bytes: 1000,
      memory_percent: 25,
      oom_kills: 2,
      cpu_limit_cores: 0.5,
      cpu_cores: 0.25,
      cpu_percent: 50,
      throttled_percent: 50,
    },
  ])
})
