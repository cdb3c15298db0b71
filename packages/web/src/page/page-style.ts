import { css } from 'lit'

export const pageStyle = css`
  .skip {
    position: absolute;
    left: -999px;
  }
  .skip:focus {
    left: 16px;
    top: 8px;
    z-index: 10;
    padding: 4px 10px;
    background: var(--raised);
  }
  header {
    display: flex;
    align-items: center;
    gap: 8px 22px;
    max-width: 1880px;
    margin: 0 auto;
    padding: 10px 24px;
  }
  .home {
    display: flex;
    align-items: center;
    gap: 8px;
    color: var(--ink);
    text-decoration: none;
  }
  .home b {
    font-size: 18px;
    font-weight: 700;
    letter-spacing: -0.02em;
  }
  nav {
    display: flex;
    gap: 4px;
    margin-right: auto;
  }
  nav a {
    padding: 5px 10px;
    border-radius: 6px;
    color: var(--muted);
    font-size: 13px;
    font-weight: 550;
    text-decoration: none;
  }
  nav a:hover {
    color: var(--ink);
  }
  nav a[aria-current='page'] {
    background: var(--accent-wash);
    color: var(--accent);
  }
  .state {
    display: flex;
    align-items: center;
    gap: 8px;
    font-size: 13px;
    font-weight: 550;
    color: var(--muted);
  }
  .state i {
    width: 9px;
    height: 9px;
    border-radius: 50%;
    background: currentColor;
  }
  .state.live {
    color: var(--good);
  }
  .state.lost {
    color: var(--bad);
  }
  .state.paused {
    color: var(--accent);
  }
  .state button {
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .theme {
    display: grid;
    place-items: center;
    width: 32px;
    height: 32px;
    color: var(--muted);
  }
  .theme:hover {
    color: var(--ink);
  }
  main {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 18px;
    max-width: 1880px;
    margin: 0 auto;
    padding: 2px 24px 40px;
    outline: none;
  }
  .below {
    display: grid;
    grid-template-columns: 330px minmax(0, 1fr) minmax(0, 1.2fr);
    gap: 18px;
    align-items: start;
  }
  .panel {
    padding: 12px 16px 14px;
    border-radius: 8px;
    background: var(--sheet);
  }
  .answer {
    --graph-height: 300px;
  }
  .events {
    container-type: inline-size;
  }
  main:focus-visible {
    outline: none;
  }
  @media (max-width: 1420px) {
    .below {
      grid-template-columns: 330px minmax(0, 1fr);
    }
    .events {
      grid-column: 2;
    }
    .types {
      grid-row: 1 / span 2;
    }
    .answer {
      --graph-height: 220px;
    }
  }
  @media (max-width: 860px) {
    header {
      flex-wrap: wrap;
      padding: 8px 14px;
      gap: 4px 12px;
    }
    main {
      padding: 0 14px 32px;
      gap: 14px;
    }
    .below {
      grid-template-columns: minmax(0, 1fr);
      gap: 14px;
    }
    .events,
    .types {
      grid-column: 1;
      grid-row: auto;
    }
    .answer {
      order: -1;
      --graph-height: 200px;
    }
    .panel {
      padding: 10px 12px 12px;
    }
  }
  @media (max-width: 480px) {
    .home {
      gap: 5px;
    }
    .home b {
      font-size: 16px;
    }
    header {
      gap: 4px 6px;
    }
    .state.live span {
      display: none;
    }
    nav {
      gap: 0;
    }
    nav a {
      padding: 5px 8px;
    }
    .state.lost {
      flex: 1 0 100%;
      order: 5;
    }
  }
`
