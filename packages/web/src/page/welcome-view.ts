import { css, html, LitElement, type TemplateResult } from 'lit'
import { copy } from './copy.ts'
import { sheet } from './sheet.ts'

/** Shown while nothing was ever sent: how to send the first event, from wherever one is. */
export class WelcomeView extends LitElement {
  static override styles = [
    sheet,
    css`
      section {
        padding: 20px 22px 22px;
        border: 1px solid var(--rule);
        border-radius: 8px;
        background: var(--sheet);
      }
      h2 {
        font-size: 18px;
      }
      p {
        max-width: 68ch;
        margin: 6px 0 0;
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 10px 18px;
        align-items: center;
        margin: 16px 0 0;
      }
      dt {
        font-weight: 600;
        font-size: 13px;
      }
      dd {
        display: flex;
        align-items: center;
        gap: 10px;
        margin: 0;
        min-width: 0;
      }
      code {
        flex: 1;
        min-width: 0;
        overflow-x: auto;
        padding: 8px 10px;
        border-radius: 6px;
        background: var(--film);
        color: #e3ecea;
        white-space: pre;
      }
      @media (max-width: 640px) {
        dl {
          grid-template-columns: minmax(0, 1fr);
          gap: 4px;
        }
        dd {
          margin-bottom: 10px;
        }
      }
    `,
  ]
  static override properties = { copied: { state: true } }
  /** Which command was copied last, and what came of it. */
  declare copied: { readonly command: string; readonly said: string } | undefined

  protected override render(): TemplateResult {
    const ways = waysOf(location)
    return html`<section>
      <h2>Send your first event</h2>
      <p>Anything that can write JSON can send. A type and whatever else you know is enough; host, time and the rest are filled in. It shows on the tape the moment it arrives.</p>
      <dl>${ways.map(
        ([name, command]) => html`<dt>${name}</dt>
          <dd><code tabindex="0">${command}</code><button class="button" @click=${() => void this.#copy(command)}>${this.copied?.command === command ? this.copied.said : 'Copy'}</button></dd>`,
      )}</dl>
    </section>`
  }

  async #copy(command: string): Promise<void> {
    this.copied = { command, said: await copy(command) }
  }
}
/** The commands of the README, for where this Telltale is. */
function waysOf({ hostname, port, origin }: Location): [name: string, command: string][] {
  const host = hostname.replace(/^\[|\]$/g, '')
  const at = Number(port) || (origin.startsWith('https') ? 443 : 80)
  const here = host === '127.0.0.1' && at === 7575
  const event = `{"type":"hello","additional_info":{"message":"my first event"}}`
  const run = 'node packages/telltale/bin/telltale.js'
  return [
    ['curl', `curl ${origin}/v1/events -d '${event}'`],
    // Only bash knows /dev/udp.
    ['UDP', `echo '${event}' | bash -c 'cat > /dev/udp/${host}/${at + 1}'`],
    ['A log file', `tail -f app.log | ${run} send --type log${here ? '' : ` --url ${origin}`}`],
    ['Try it out', `${run} demo${here ? '' : ` --host ${host} --port ${at}`}`],
  ]
}

customElements.define('welcome-view', WelcomeView)
