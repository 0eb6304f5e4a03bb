/// What comes, and when the page is drawn.
let scriptStream = #"""
    let tickTold;

    function take(name, body) {
      if (name === 'catalogue') catalogue = body;
      if (name === 'history') {
        state.samples = body.samples;
        askToDraw();
      }
      if (name === 'status') {
        state.status = body;
        showProcesses();
        showLatencies();
        showAccount();
      }
      if (name === 'rows') {
        state.rows = body;
        showRows();
      }
      if (name !== 'market') return;
      state.market = body;
      if (body.tick_points !== tickTold) {
        setTick(tickTold = body.tick_points);
        if (state.rows) showRows();
      }
      state.heardAt = performance.now();
      merge(body.trail);
      showHeader();
      showStrip();
      showLevels();
      showMarket();
      showQuality();
      showBanner(state.heardAt);
      put(byId('foot'), `Levelhead ${body.program} · reads, and commands nothing · times of New York · `
        + `run ${body.run || 'none'}`);
      askToDraw();
    }

    /* Samples that are not here yet, and none that is older than the chart. */
    function merge(trail) {
      const last = state.samples.length ? state.samples.at(-1)[0] : 0;
      for (const sample of trail) if (sample[0] > last) state.samples.push(sample);
      const end = state.samples.length ? state.samples.at(-1)[0] : 0;
      while (state.samples.length && state.samples[0][0] < end - SPAN) state.samples.shift();
    }

    function connect() {
      const source = new EventSource('/events');
      for (const name of ['catalogue', 'history', 'status', 'rows', 'market']) {
        source.addEventListener(name, (event) => take(name, JSON.parse(event.data)));
      }
      /* A refusal ends a source for good; else it tries again by itself. */
      source.addEventListener('error', () => {
        if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
      });
    }

    put(byId('key'), '● break   ○ bounce   ▲ bought   ▼ sold   - - level   ▲ ▼ at the edge: out of the picture');
    setInterval(() => showBanner(performance.now()), 500);
    const restyle = () => { chart.colors = null; askToDraw(); };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);
    addEventListener('resize', askToDraw);
    document.addEventListener('visibilitychange', askToDraw);
    askToDraw();
    connect();
    """#
