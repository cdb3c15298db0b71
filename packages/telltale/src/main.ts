import { Command, CommanderError } from 'commander'
import { exportCommand } from './commands/export.ts'
import { queryCommand } from './commands/query.ts'
import { sendCommand } from './commands/send.ts'
import { startCommand } from './commands/start.ts'
import { tailCommand } from './commands/tail.ts'
import { demoCommand } from './demo/index.ts'
import { version } from './version.ts'

/** Runs the command line. Sets the exit code: 0 done, 1 failed, 2 bad usage. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('telltale')
    .description('Let your system talk to you: events in, kept, asked, seen.')
    .version(version, '-V, --version')
    .showHelpAfterError('(see telltale --help)')
  for (const make of [startCommand, demoCommand, sendCommand, tailCommand, queryCommand, exportCommand])
    program.addCommand(make())
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
