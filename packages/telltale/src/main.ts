import { Command, CommanderError } from 'commander'
import { endWithOutput } from './output.ts'
import { version } from './version.ts'

/** Where each command is; only the one that is asked for is loaded. */
const COMMANDS: Readonly<Record<string, () => Promise<() => Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  demo: async () => (await import('./demo/index.ts')).demoCommand,
  send: async () => (await import('./commands/send.ts')).sendCommand,
  tail: async () => (await import('./commands/tail.ts')).tailCommand,
  query: async () => (await import('./commands/query.ts')).queryCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
}

/** Runs the command line. Sets the exit code: 0 done, 1 failed, 2 bad usage. */
export async function main(argv: readonly string[]): Promise<void> {
  endWithOutput()
  const program = new Command('telltale')
    .description('Let your system talk to you: events in, kept, asked, seen.')
    .version(version, '-V, --version')
    .showHelpAfterError('(see telltale --help)')
  const named = argv[0] !== undefined && Object.hasOwn(COMMANDS, argv[0]) ? [argv[0]] : Object.keys(COMMANDS)
  for (const name of named) program.addCommand((await COMMANDS[name]!())())
  program
    .command('version')
    .description('print the version')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => console.log(options.json ? JSON.stringify({ version }) : version))
  for (const command of [program, ...program.commands]) command.exitOverride().copyInheritedSettings(program)
  try {
    await program.parseAsync(argv as string[], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else {
      console.error(`telltale: ${error instanceof Error ? error.message : String(error)}`)
      process.exit(1)
    }
  }
}
