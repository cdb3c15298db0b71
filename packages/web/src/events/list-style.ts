import { css } from 'lit'

export const listStyle = css`
  header {
    display: flex;
    align-items: baseline;
    gap: 10px;
    min-height: 22px;
    margin-bottom: 6px;
  }
  .note {
    font-size: 12px;
  }
  .link {
    margin-left: auto;
    color: var(--accent);
    font-size: 12px;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  ol {
    contain: content;
    margin: 0;
    padding: 0;
    list-style: none;
    max-height: max(420px, calc(100vh - 110px));
    overflow-y: auto;
    scrollbar-width: thin;
    border-top: 1px solid var(--rule);
  }
  li {
    border-bottom: 1px solid var(--rule);
  }
  .row {
    display: grid;
    grid-template-columns: 102px 138px 84px minmax(0, 1fr);
    gap: 10px;
    align-items: baseline;
    width: 100%;
    padding: 3px 6px 3px 2px;
    border: 0;
    background: none;
    font: 12px/1.5 var(--mono);
    text-align: left;
  }
  .row > * {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .row:hover,
  .row[aria-expanded='true'] {
    background: var(--accent-wash);
  }
  time,
  .host {
    color: var(--muted);
  }
  .type {
    display: flex;
    align-items: center;
    gap: 6px;
    font-weight: 600;
  }
  .type > span:last-child {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .said {
    font-family: var(--sans);
    font-size: 13px;
  }
  .none {
    padding: 16px 2px;
  }
  @container (max-width: 640px) {
    .row {
      grid-template-columns: 84px 112px 72px minmax(0, 1fr);
      gap: 8px;
      font-size: 11px;
    }
    .said {
      font-size: 12.5px;
    }
  }
  @container (max-width: 480px) {
    ol {
      max-height: none;
    }
    .row {
      grid-template-columns: auto minmax(0, 1fr) auto;
      gap: 0 8px;
      padding: 6px 4px;
    }
    .row .type,
    .row .host,
    .row time {
      grid-row: 1;
    }
    .row .type {
      grid-column: 1;
    }
    .row .host {
      grid-column: 2;
      text-align: right;
    }
    .row time {
      grid-column: 3;
    }
    .row .said {
      grid-column: 1 / -1;
    }
  }
`
