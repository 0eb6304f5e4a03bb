/// What comes, and when the page is drawn.
let scriptStream = #"""
    let tickTold;

    function take(name, body) {
      if (name === 'catalogue') catalogue = body;
      if (name === 'history') {
        state.samples = body.samples;
        state.isTorn = false;
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
      /* Another dashboard has another clock. */
      if (state.market && body.number < state.market.number) soonest = undefined;
      state.market = body;
      const silent = performance.now() - state.heardAt;
      state.lateBy = lateness(body.up_ms);
      if (body.tick_points !== tickTold) {
        setTick(tickTold = body.tick_points);
        if (state.rows) showRows();
      }
      state.heardAt = performance.now();
      merge(body.trail, silent > 2000);
      if (state.isTorn || (state.lateSince && state.heardAt - state.lateSince > 10000)) again();
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

    /* How much later than the quickest a snapshot has come, ms: what lies in buffers between the dashboard and here is
       not of now. By the time of day, which goes on while a machine sleeps, and by a clock that nobody sets, as the
       dashboard's is. */
    let soonest, delays;
    function lateness(time) {
      delays = [Date.now() - time, performance.now() - time];
      /* Two clocks drift apart, some 20 ppm; five times that is let go with each snapshot. */
      soonest = soonest ? soonest.map((one, index) => Math.min(one + 0.02, delays[index])) : delays;
      const late = Math.max(...delays.map((one, index) => one - soonest[index]));
      if (late < 2000) state.lateSince = 0;
      else if (!state.lateSince) state.lateSince = performance.now();
      return late;
    }

    /* Samples that are not here yet, and none that is older than the chart. Some between may never have come. */
    function merge(trail, wasSilent) {
      const last = state.samples.length ? state.samples.at(-1)[0] : 0;
      if (wasSilent && last > 0 && trail.length > 1 && trail[0][0] > last) state.isTorn = true;
      for (const sample of trail) if (sample[0] > last) state.samples.push(sample);
      const end = state.samples.length ? state.samples.at(-1)[0] : 0;
      while (state.samples.length && state.samples[0][0] < end - SPAN) state.samples.shift();
    }

    /* From anew, with the chart: what waits in the old connection is not waited for. */
    let source, connectedAt = 0;
    function again() {
      if (performance.now() - connectedAt < 10000) return;
      source.close();
      /* Where one clock alone is late it was set; where both are, the snapshots are late. */
      const [wall, own] = soonest.map((one, index) => delays[index] - one);
      if (Math.abs(wall - own) > 1000) soonest = undefined;
      state.lateSince = 0;
      connect();
    }

    function connect() {
      connectedAt = performance.now();
      source = new EventSource('/events');
      const mine = source;
      for (const name of ['catalogue', 'history', 'status', 'rows', 'market']) {
        mine.addEventListener(name, (event) => {
          if (mine === source) take(name, JSON.parse(event.data));
        });
      }
      /* A refusal ends a source for good; else it tries again by itself. */
      mine.addEventListener('error', () => {
        /* A tab in the background has no other clock that is quick. */
        showBanner(performance.now());
        if (mine === source && mine.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
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
