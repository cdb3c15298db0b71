import { html, LitElement, type TemplateResult } from 'lit'
import { sheet } from '../page/sheet.ts'

export class HostView extends LitElement {
  static override styles = [sheet]
  protected override render(): TemplateResult {
    return html``
  }
}
customElements.define('host-view', HostView)
