import { css } from 'lit'

/** What every element looks like: controls, headings, focus. */
export const sheet = css`
  :host {
    display: block;
    min-width: 0;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h2 {
    margin: 0;
    font-size: 14px;
    font-weight: 650;
    letter-spacing: -0.005em;
  }
  p {
    margin: 0;
  }
  a {
    color: var(--accent);
    text-underline-offset: 2px;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  button {
    cursor: pointer;
  }
  .button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    height: 32px;
    padding: 0 12px;
    border: 1px solid var(--rule-strong);
    border-radius: 6px;
    background: var(--raised);
    font-size: 13px;
    font-weight: 550;
    white-space: nowrap;
  }
  .button:hover {
    border-color: var(--accent);
    color: var(--accent);
  }
  .button.strong {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--accent-ink);
  }
  .button.strong:hover {
    filter: brightness(1.08);
  }
  .plain {
    padding: 0;
    border: 0;
    background: none;
    text-align: left;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
    border-radius: 4px;
  }
  .muted {
    color: var(--muted);
  }
  .mono {
    font-family: var(--mono);
    font-size: 12px;
  }
  .num {
    font-variant-numeric: tabular-nums;
  }
  .choices {
    display: inline-flex;
    border: 1px solid var(--rule-strong);
    border-radius: 6px;
    overflow: hidden;
  }
  .choices button {
    height: 26px;
    padding: 0 9px;
    border: 0;
    background: none;
    color: var(--muted);
    font-size: 12px;
    font-weight: 550;
  }
  .choices button + button {
    border-left: 1px solid var(--rule);
  }
  .choices button:hover {
    color: inherit;
  }
  .choices button[aria-pressed='true'] {
    background: var(--accent-wash);
    color: var(--accent);
  }
  .choices button:focus-visible {
    outline-offset: -2px;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  code {
    font-family: var(--mono);
    font-size: 12px;
  }
`
