import { css } from 'lit'

export const tapeStyle = css`
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
    padding: 0 0 10px;
  }
  .lead {
    font-size: 13px;
    margin-right: auto;
  }
  .total {
    font-size: 13px;
    color: var(--muted);
  }
  .total b {
    color: var(--ink);
    font-size: 15px;
  }
  .pause {
    height: 28px;
    min-width: 76px;
    justify-content: center;
  }
  .pause[aria-pressed='true'] {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--accent-ink);
  }
  .film {
    position: relative;
    display: grid;
    grid-template-columns: 168px minmax(0, 1fr) 112px;
    border-radius: 8px;
    outline: 1px solid var(--film-rule);
    outline-offset: -1px;
    background: var(--film);
    color: var(--film-ink);
  }
  .film.paused {
    box-shadow: 0 0 0 2px var(--accent);
  }
  .labels,
  .figures {
    padding: 0 0 22px;
  }
  .label,
  .figure {
    display: flex;
    align-items: center;
    gap: 8px;
    width: 100%;
    height: 26px;
    padding: 0 10px 0 12px;
    border: 0;
    background: none;
    color: var(--film-ink);
    font: 12px var(--mono);
    text-align: left;
  }
  .labels > :nth-child(odd),
  .figures > :nth-child(odd) {
    background: var(--film-lane);
  }
  .labels > :first-child {
    border-top-left-radius: 8px;
  }
  .figures > :first-child {
    border-top-right-radius: 8px;
  }
  button.label:hover .name {
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .label[aria-pressed='true'] {
    box-shadow: inset 3px 0 #57c9bd;
  }
  .label .chip {
    background: none;
    width: 4px;
  }
  .label .chip i {
    height: 12px;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  span.label .name {
    color: var(--film-muted);
  }
  .figure {
    justify-content: space-between;
    padding: 0 12px 0 10px;
    border-left: 1px solid var(--film-rule);
    color: var(--film-muted);
  }
  .figure b {
    color: var(--film-ink);
    font-weight: 600;
  }
  .screen {
    position: relative;
    min-width: 0;
    min-height: 48px;
  }
  .screen:has(.empty) {
    min-height: 160px;
  }
  canvas {
    display: block;
    width: 100%;
    cursor: crosshair;
    touch-action: pan-y;
  }
  .empty {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    padding: 12px;
    color: var(--film-muted);
    text-align: center;
    pointer-events: none;
  }
  .tip {
    position: absolute;
    z-index: 5;
    padding: 8px 10px;
    border: 1px solid var(--film-rule);
    border-radius: 6px;
    background: #1c2b2c;
    color: #e3ecea;
    font-size: 12px;
    box-shadow: 0 8px 24px rgb(0 0 0 / 0.4);
    pointer-events: none;
  }
  .when {
    display: flex;
    justify-content: space-between;
    color: #a9bbb8;
    font-family: var(--mono);
  }
  .kind {
    display: flex;
    align-items: center;
    gap: 6px;
    margin-top: 3px;
    font-family: var(--mono);
    font-weight: 600;
  }
  .said {
    margin-top: 5px;
    overflow-wrap: anywhere;
  }
  .compact {
    grid-template-columns: minmax(0, 1fr) 60px;
  }
  .compact .labels {
    position: absolute;
    z-index: 1;
    inset: 0 60px auto 0;
    pointer-events: none;
  }
  .compact .label,
  .compact .figure {
    height: 34px;
  }
  .compact .label {
    align-items: flex-start;
    padding: 1px 6px;
    width: auto;
    max-width: 100%;
    font-size: 11px;
    background: none !important;
    pointer-events: auto;
  }
  .compact .label .chip {
    display: none;
  }
  .compact .name {
    padding: 0 3px;
    border-radius: 3px;
    background: color-mix(in srgb, var(--film) 72%, transparent);
  }
  .compact .screen {
    grid-column: 1;
  }
  .compact .figure {
    flex-direction: column;
    align-items: flex-end;
    justify-content: center;
    gap: 0;
    padding: 0 8px 0 0;
    font-size: 11px;
    line-height: 1.3;
  }
  @media (max-width: 760px) {
    .lead {
      display: none;
    }
    h2 {
      margin-right: auto;
    }
  }
  @media (max-width: 1100px) {
    .wide {
      display: none;
    }
  }
`
