/// Dark and light, wide and narrow. Heights of what changes are fixed, so that nothing jumps.
let pageStyle = #"""
    :root {
      color-scheme: light dark;
      --ground: #f3f5f7; --panel: #ffffff; --line: #d8dee4; --text: #17212b; --quiet: #5d6b78;
      --accent: #0b6fa4; --buy: #04796b; --sell: #b1440e; --warn-ground: #fff0c9; --warn: #7a5200;
      --bad-ground: #b3261e; --bad: #b3261e; --good: #1c7a3c; --grid: #e8ecf0; --sma: #7b4fb5; --pm: #a06a00;
      --or: #1769aa;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #0e141a; --panel: #151d25; --line: #26323d; --text: #dbe4ec; --quiet: #8496a5;
        --accent: #5cb8e4; --buy: #3fc9b0; --sell: #f0915a; --warn-ground: #3b2f0c; --warn: #f0c24b;
        --bad-ground: #b3261e; --bad: #ff8a80; --good: #6fcf8c; --grid: #1d2731; --sma: #b794f6; --pm: #d9a441;
        --or: #6db3f2;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--ground); color: var(--text);
      font: 13px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
      font-variant-numeric: tabular-nums;
    }
    h1, h2, p, dl, dd { margin: 0; }
    h1 { font-size: 15px; letter-spacing: .02em; }
    h2 {
      font-size: 11px; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: var(--quiet);
      margin-bottom: 4px; white-space: nowrap;
    }
    h2 small { font-size: 11px; font-weight: 400; letter-spacing: 0; text-transform: none; }
    .quiet { color: var(--quiet); }
    .push { flex: 1; }
    header {
      display: flex; align-items: center; gap: 8px; height: 38px; padding: 0 12px; white-space: nowrap;
      overflow: hidden;
    }
    #run { overflow: hidden; text-overflow: ellipsis; }
    .chip {
      border: 1px solid var(--line); border-radius: 10px; padding: 1px 9px; background: var(--panel);
      font-weight: 600; font-size: 12px; min-width: 68px; text-align: center;
    }
    .chip.good { color: var(--good); }
    .chip.warn { color: var(--warn); background: var(--warn-ground); border-color: transparent; }
    .chip.bad { color: #fff; background: var(--bad-ground); border-color: transparent; }
    #clock { font-size: 15px; font-weight: 600; min-width: 132px; text-align: right; }
    #banner {
      height: 26px; line-height: 26px; padding: 0 12px; overflow: hidden; text-overflow: ellipsis;
      white-space: nowrap; color: var(--quiet); border-block: 1px solid var(--line); background: var(--panel);
    }
    #banner.warn { background: var(--warn-ground); color: var(--warn); }
    #banner.bad { background: var(--bad-ground); color: #fff; font-weight: 600; }
    main {
      display: grid; gap: 8px; padding: 8px 12px;
      grid-template-columns: repeat(12, minmax(0, 1fr));
      grid-template-areas:
        "strip strip strip strip strip strip strip strip strip strip strip strip"
        "chart chart chart chart chart chart chart chart acc acc acc acc"
        "chart chart chart chart chart chart chart chart proc proc proc proc"
        "lev lev lev lev lev lev lev lev lev lev lev lev"
        "sig sig sig sig sig ord ord ord ord ord ord ord"
        "ver ver ver ver ver fil fil fil fil fil fil fil"
        "mkt mkt mkt mkt opt opt opt opt qua qua qua qua"
        "lat lat lat lat lat lat lat lat qua qua qua qua";
    }
    #strip { grid-area: strip; } #chart { grid-area: chart; } #account { grid-area: acc; }
    #process { grid-area: proc; } #levels { grid-area: lev; } #signals { grid-area: sig; }
    #orders { grid-area: ord; } #fills { grid-area: fil; } #verdicts { grid-area: ver; }
    #market { grid-area: mkt; } #options { grid-area: opt; } #quality { grid-area: qua; }
    #latency { grid-area: lat; }
    .panel {
      background: var(--panel); border: 1px solid var(--line); border-radius: 5px; padding: 7px 10px; min-width: 0;
    }
    #chart { height: 372px; padding: 6px; }
    #canvas { display: block; width: 100%; height: 336px; }
    #key { height: 20px; padding: 2px 6px; font-size: 11px; overflow: hidden; white-space: nowrap; }
    #account { height: 198px; overflow: hidden; }
    #process { height: 166px; overflow: hidden; }
    #levels { min-height: 160px; }
    .list { height: 214px; }
    .list .scroll { height: 176px; overflow-y: scroll; }
    .scroll { overflow-x: auto; scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
    table { border-collapse: collapse; width: 100%; font-size: 12px; }
    th, td { padding: 2px 6px; text-align: right; white-space: nowrap; }
    th { color: var(--quiet); font-weight: 500; border-bottom: 1px solid var(--line); }
    .list th { position: sticky; top: 0; background: var(--panel); }
    th:first-child, td:first-child { padding-left: 0; }
    th:last-child, td:last-child { padding-right: 2px; }
    /* As wide as what comes there, so that columns stay where they are. */
    #level-table td:nth-child(2), #level-table td:nth-child(3) { min-width: 8.5ch; }
    #level-table td:nth-child(4) { min-width: 12ch; }
    #level-table td:nth-child(n+9) { min-width: 6.5ch; }
    #level-table td:nth-child(16) { min-width: 21ch; }
    #process-table th, #process-table td { padding-inline: 3px; }
    #process-table td:nth-child(2) { min-width: 7.5ch; }
    #process-table td:nth-child(4) { min-width: 8ch; }
    .list td:first-child { min-width: 13ch; }
    .word { text-align: left; }
    tbody tr:nth-child(even) { background: color-mix(in srgb, var(--grid) 45%, transparent); }
    .none { color: var(--quiet); opacity: .75; cursor: help; }
    .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
    .buy { color: var(--buy); } .sell { color: var(--sell); }
    .pm { color: var(--pm); } .or { color: var(--or); } .sma { color: var(--sma); }
    .strong { font-weight: 600; }
    dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1px 10px; }
    dt { color: var(--quiet); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    dd { text-align: right; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    #strip { grid-template-columns: repeat(8, minmax(0, 1fr)); gap: 8px; }
    #strip div {
      background: var(--panel); border: 1px solid var(--line); border-radius: 5px; padding: 4px 10px; height: 52px;
      overflow: hidden;
    }
    #strip dt { font-size: 11px; }
    #strip dd { text-align: left; font-size: 19px; font-weight: 600; line-height: 1.25; overflow: hidden; }
    #strip dd.small { font-size: 15px; line-height: 1.6; }
    .bar { grid-column: 1 / -1; height: 4px; background: var(--grid); border-radius: 2px; margin: 1px 0 3px; }
    .bar i { display: block; height: 4px; width: 0; background: var(--accent); border-radius: 2px; }
    .bar i.warn { background: var(--warn); } .bar i.bad { background: var(--bad-ground); }
    #quality-list dd { white-space: normal; overflow-wrap: anywhere; }
    footer { padding: 0 12px 10px; font-size: 11px; }
    .wide { padding: 8px 12px; }
    /* What is shown is not of now, all of it or the market alone: it is grey until it is again. */
    body.old-all main { filter: grayscale(1); }
    body.old-all main :is(dd, td), body.old-all #canvas, body.old-all #clock { opacity: .38; }
    body.old-all #process td, body.old-all #quality dd { opacity: 1; }
    body.old-market :is(#chart, #levels, #market, #options) { filter: grayscale(1); }
    body.old-market :is(#strip dd:not(.steady), #levels td, #market dd, #options dd, #canvas, #clock) { opacity: .38; }
    @media (min-width: 901px) and (max-width: 1150px) {
      #strip { grid-template-columns: repeat(4, minmax(0, 1fr)); }
    }
    /* Where a system chooses the colours, shares are bars all the same, and what is to be known has a frame. */
    @media (forced-colors: active) {
      .bar i { background: Highlight; forced-color-adjust: none; }
      #banner.warn, #banner.bad { border: 2px solid; }
    }
    @media (max-width: 900px) {
      main {
        padding: 6px; gap: 6px;
        grid-template-areas:
          "strip strip strip strip strip strip strip strip strip strip strip strip"
          "chart chart chart chart chart chart chart chart chart chart chart chart"
          "acc acc acc acc acc acc acc acc acc acc acc acc"
          "lev lev lev lev lev lev lev lev lev lev lev lev"
          "sig sig sig sig sig sig sig sig sig sig sig sig"
          "ord ord ord ord ord ord ord ord ord ord ord ord"
          "fil fil fil fil fil fil fil fil fil fil fil fil"
          "ver ver ver ver ver ver ver ver ver ver ver ver"
          "proc proc proc proc proc proc proc proc proc proc proc proc"
          "mkt mkt mkt mkt mkt mkt mkt mkt mkt mkt mkt mkt"
          "opt opt opt opt opt opt opt opt opt opt opt opt"
          "qua qua qua qua qua qua qua qua qua qua qua qua"
          "lat lat lat lat lat lat lat lat lat lat lat lat";
      }
      #strip { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 6px; }
      #chart { height: 276px; } #canvas { height: 244px; }
      #run, #epoch { display: none; }
      #account, #process { height: auto; min-height: 166px; }
      #banner { height: 42px; line-height: 18px; padding: 3px 8px; white-space: normal; }
      header { padding: 0 8px; } #clock { min-width: 0; font-size: 13px; }
    }

    """#
