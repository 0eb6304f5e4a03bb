/// What the page knows, and what is to be said of it in one line.
let scriptState = #"""
    const PROCESSES = ['ingest', 'engine', 'risk', 'execution', 'paper'];
    const state = {
      market: null, status: null, rows: null, samples: [], run: undefined,
      heardAt: 0, lateBy: 0, lateSince: 0, isTorn: false,
    };

    const report = () => (state.status ? state.status.report : null);
    const processOf = (name) => (report() ? report().processes.find((one) => one.name === name) : undefined);

    function account() {
      for (const name of ['risk', 'execution', 'paper']) {
        const process = processOf(name);
        if (process && process.account) return process.account;
      }
      return null;
    }

    const stream = (feed) => (state.market ? state.market.streams.find((one) => one.feed === feed) : undefined);
    const names = (list) => (list.length < 2 ? list.join('') : list.slice(0, -1).join(', ') + ' and ' + list.at(-1));

    /* The gravest thing that is wrong: [class, text, what of the page is not of now: all, market or nothing]. */
    function verdict(now) {
      const since = (now - state.heardAt) / 1000;
      if (!state.heardAt) return ['bad', 'nothing has come from the dashboard yet', 'all'];
      if (since > 2) {
        return ['bad', `no contact with the dashboard for ${since.toFixed(0)} s: what is shown is old`, 'all'];
      }
      if (state.lateBy > 2000) {
        const late = (state.lateBy / 1000).toFixed(0);
        const why = 'a slow way from the dashboard, a sleep, or a clock that was set';
        return ['bad', `what is shown is ${late} s old: ${why}`, 'all'];
      }
      if (!state.status) return ['bad', 'the processes have not been asked yet', 'all'];
      const found = report();
      if (!found) return ['bad', `the processes cannot be asked: ${state.status.failure || 'no reason'}`, 'all'];
      if (state.market.status_age_ms > 5000) return ['bad', 'the processes are not asked any more', 'all'];
      const engine = processOf('engine');
      if (!found.processes.length && !found.missing.length && !found.stale.length) {
        return ['bad', 'no run in progress: no process is registered; waiting for one', 'all'];
      }
      const gone = PROCESSES.filter((name) => !processOf(name));
      const silent = gone.filter((name) => found.missing.includes(name));
      const dead = gone.filter((name) => !found.missing.includes(name));
      const verb = (list) => (list.length > 1 ? 'are' : 'is');
      const missing = [];
      if (dead.length) missing.push(`${names(dead)} ${verb(dead)} not running`);
      if (silent.length) missing.push(`${names(silent)} ${verb(silent)} silent`);
      const rows = stream('market');
      if (!engine || !rows || rows.heard === false) {
        const what = missing.length ? missing.join(', ') : 'the engine\'s stream is silent';
        return ['bad', `${what}: the market that is shown is old`, found.trading_state === null ? 'all' : 'market'];
      }
      const others = missing.length ? ` · ${missing.join(', ')}` : '';
      const isOld = 'the market that is shown is old';
      if (['down', 'refused', 'closed', 'connecting', 'authenticating'].includes(found.feed)) {
        return ['bad', `the feed is ${found.feed}: ${isOld}${others}`, 'market'];
      }
      if (rows.flags.includes('stale')) return ['bad', `the feed is gone: ${isOld}${others}`, 'market'];
      const row = state.market.market;
      if (gone.includes('ingest') && !(row && row.age_ms < 2000)) {
        return ['bad', `${missing.join(', ')}: ${isOld}`, 'market'];
      }
      if (missing.length) return ['bad', missing.join(', '), ''];
      if (rows.heard === null) return ['warn', 'waiting for the engine\'s first row', 'market'];
      return ['', '', ''];
    }

    /* What a person typed, no longer than leaves room for what else is to be said. */
    const reasonOf = (lock) => (!lock.reason ? ''
      : `: ${lock.reason.length > 60 ? `${lock.reason.slice(0, 59)}…` : lock.reason}`);

    /* Contracts with what keeps them from trading, each once; no row comes from a market that is halted. */
    function instruments() {
      const found = new Map();
      for (const name of ['engine', 'risk', 'paper']) {
        const process = processOf(name);
        for (const one of process ? process.instruments : []) {
          for (const flag of one.quality) {
            if (['halted', 'closed', 'stale', 'bad_book'].includes(flag)) {
              found.set(`${one.symbol} ${flag}`, [one.symbol, flag]);
            }
          }
        }
      }
      return [...found.values()];
    }

    /* What is not wrong, but to be known. */
    function remarks() {
      const found = report();
      const list = [];
      const lock = state.status.lock;
      if (found.lock) {
        const until = found.lock.reason === 'contract_rolls' ? 'until the next contract is traded'
          : found.lock.programme_over ? 'the programme is over: no arm in this run'
          : found.lock.until_next_trade_date ? 'no arm before the next trade date' : 'until an arm';
        list.push(`${found.trading_state}: ${words(found.lock.reason)}, ${until}`);
      } else if (found.trading_state && found.trading_state !== 'ACTIVE') {
        list.push(`trading is ${found.trading_state}`);
      }
      for (const [name, strategy] of Object.entries(found.strategies || {})) {
        const why = strategy.lock ? `: ${words(strategy.lock.reason)}` : '';
        list.push(`strategy ${name} is ${strategy.trading_state}${why}`);
      }
      if (found.locked) list.push(lock ? `locked by ${lock.sender}${reasonOf(lock)}` : 'locked');
      if (found.feed === 'replaying') list.push('the feed replays the past');
      if (found.feed === 'behind') list.push('books come too late');
      const flags = stream('market').flags.filter((flag) => flag !== 'stale' && found.feed !== 'down');
      if (flags.length) list.push(`rows are ${flags.map(words).join(', ')}`);
      const quality = (state.market.market ? state.market.market.quality : [])
        .filter((flag) => flag !== 'no_history' && !flags.includes(flag));
      if (quality.length) list.push(`the book: ${quality.map(words).join(', ')}`);
      list.push(...instruments().filter(([, flag]) => ![...flags, ...quality].includes(flag))
        .map(([symbol, flag]) => `${symbol}: ${words(flag)}`));
      for (const process of found.processes) {
        if (process.missing.length) list.push(`${process.name} lacks ${process.missing.map(words).join(', ')}`);
      }
      if (found.rolls_to) list.push(`nothing opens: ${found.rolls_to} leads`);
      if (found.processes.length && found.processes.every((one) => one.state === 'waiting')) {
        list.push('the tape is over');
      }
      return list;
    }

    function showBanner(now) {
      let [kind, text, old] = verdict(now);
      if (old !== 'all') {
        const list = report() && stream('market') ? remarks() : [];
        if (kind) text = [text, ...list].join(' · ');
        else if (list.length) [kind, text] = ['warn', list.join(' · ')];
      }
      put(byId('banner'), text || 'everything answers', kind, text);
      const body = old ? `old-${old}` : '';
      if (document.body.className !== body) document.body.className = body;
      const title = `${kind === 'bad' ? '⚠ ' : ''}${state.title || ''} Levelhead`.trim();
      if (document.title !== title) document.title = title;
    }

    """#
