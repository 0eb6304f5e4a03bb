/// What stands on the page before anything is known. The script fills it with text, and never with markup.
let pageMarkup = #"""
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Levelhead</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/page.css">
    <script src="/page.js" defer></script>
    </head>
    <body class="old-all">
    <header>
      <h1>Levelhead</h1>
      <span id="run" class="quiet"></span>
      <span class="push"></span>
      <span class="chip" id="trading">–</span>
      <span class="chip" id="feed">–</span>
      <span class="chip" id="epoch">–</span>
      <time id="clock" title="the market's time, New York">–</time>
    </header>
    <p id="banner" role="status" aria-live="polite">connecting</p>
    <noscript><p class="wide">This page is made by its script, which this browser does not run.</p></noscript>
    <main>
      <dl id="strip"></dl>
      <section id="chart" class="panel">
        <canvas id="canvas" role="img" aria-label="ten minutes of the mid, with levels, signals and fills"></canvas>
        <p id="key" class="quiet"></p>
      </section>
      <section id="account" class="panel">
        <h2>Account</h2>
        <dl id="account-list"></dl>
      </section>
      <section id="process" class="panel">
        <h2>Processes</h2>
        <div class="scroll"><table id="process-table"></table></div>
      </section>
      <section id="levels" class="panel">
        <h2>Levels</h2>
        <div class="scroll"><table id="level-table"></table></div>
      </section>
      <section id="signals" class="panel list">
        <h2>Signals <small id="signals-note"></small></h2>
        <div class="scroll"><table id="signals-table"></table></div>
      </section>
      <section id="orders" class="panel list">
        <h2>Orders <small id="orders-note"></small></h2>
        <div class="scroll"><table id="orders-table"></table></div>
      </section>
      <section id="fills" class="panel list">
        <h2>Fills <small id="fills-note"></small></h2>
        <div class="scroll"><table id="fills-table"></table></div>
      </section>
      <section id="verdicts" class="panel list">
        <h2>Verdicts <small id="verdicts-note"></small></h2>
        <div class="scroll"><table id="verdicts-table"></table></div>
      </section>
      <section id="market" class="panel">
        <h2>Market</h2>
        <dl id="market-list"></dl>
      </section>
      <section id="options" class="panel">
        <h2>Options</h2>
        <dl id="options-list"></dl>
      </section>
      <section id="quality" class="panel">
        <h2>Data</h2>
        <dl id="quality-list"></dl>
      </section>
      <section id="latency" class="panel">
        <h2>Latencies</h2>
        <div class="scroll"><table id="latency-table"></table></div>
      </section>
    </main>
    <footer class="quiet"><span id="foot"></span></footer>
    </body>
    </html>

    """#
