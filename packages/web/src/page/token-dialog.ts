import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { token } from '../api/token.ts'
import { session } from './session.ts'
import { sheet } from './sheet.ts'
import { Follow } from './topic.ts'

/** Asks for the token where the server wants one. */
export class TokenDialog extends LitElement {
  static override styles = [
    sheet,
    css`
      form {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        padding: 12px 16px;
        border: 1px solid var(--accent);
        border-radius: 8px;
        background: var(--raised);
      }
      label {
        flex: 1 1 260px;
      }
      input {
        flex: 1 1 220px;
        height: 32px;
        padding: 0 10px;
        border: 1px solid var(--rule-strong);
        border-radius: 6px;
        background: var(--sheet);
        font-family: var(--mono);
      }
    `,
  ]

  constructor() {
    super()
    new Follow(this, () => token.changed)
  }

  protected override render(): TemplateResult | typeof nothing {
    if (token.wanted === undefined) return nothing
    return html`<form @submit=${(event: SubmitEvent) => this.#give(event)}>
      <label for="token"><b>This Telltale wants a token.</b> <span class="muted">The one it was started with, as TELLTALE_TOKEN. It is kept for this tab only.</span></label>
      <input id="token" name="token" type="password" autocomplete="current-password" required aria-describedby="why" />
      <button class="button strong">Use it</button>
      <span id="why" class="unseen">${token.wanted}</span>
    </form>`
  }

  #give(event: SubmitEvent): void {
    event.preventDefault()
    const given = String(new FormData(event.target as HTMLFormElement).get('token') ?? '').trim()
    if (given === '') return
    token.give(given)
    session.again()
  }
}
customElements.define('token-dialog', TokenDialog)
