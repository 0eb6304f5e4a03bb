/// The tables and lists, from what the page knows.
let scriptTables = #"""
    /* Cells are [text, class, title]. Nodes stay where they are, and only what changed is written. */
    function fill(table, heads, rows) {
      if (!table.tHead) {
        const row = table.createTHead().insertRow();
        for (const [text, name, title] of heads) {
          const cell = make('th', text, name);
          if (title) cell.title = title;
          cell.scope = 'col';
          row.append(cell);
        }
        table.createTBody();
      }
      const body = table.tBodies[0];
      while (body.rows.length > rows.length) body.deleteRow(-1);
      rows.forEach((cells, index) => {
        const row = body.rows[index] || body.insertRow();
        cells.forEach(([text, name, title], column) => {
          put(row.cells[column] || row.insertCell(), String(text), name || '', title || '');
        });
      });
    }

    /* Pairs are [label, text, class, title, share of a limit]. */
    function list(node, pairs, wrap) {
      const key = pairs.map((pair) => pair[0] + (pair.length > 4)).join('|');
      if (node.dataset.key !== key) {
        node.dataset.key = key;
        node.replaceChildren(...pairs.flatMap((pair) => {
          const nodes = [make('dt', pair[0]), make('dd')];
          if (pair.length > 4) {
            const bar = make('div', undefined, 'bar');
            bar.append(make('i'));
            nodes.push(bar);
          }
          if (!wrap) return nodes;
          const box = make('div');
          box.append(...nodes);
          return [box];
        }));
      }
      const values = node.querySelectorAll('dd');
      const bars = node.querySelectorAll('.bar i');
      let next = 0;
      pairs.forEach((pair, index) => {
        put(values[index], String(pair[1]), pair[2] || '', pair[3] || '');
        if (pair.length <= 4) return;
        const share = Math.max(0, Math.min(1, pair[4] || 0));
        const bar = bars[next++];
        bar.style.width = (share * 100).toFixed(1) + '%';
        bar.className = share > 0.9 ? 'bad' : share > 0.6 ? 'warn' : '';
      });
    }

    const value = (name) => (state.market && state.market.market ? state.market.market.values[name] : null);
    const tone = (number) => (isNumber(number) && number !== 0 ? (number > 0 ? 'buy' : 'sell') : '');

    function column(label, name, digits, options) {
      const number = value(name);
      const text = options && options.signed ? signed(number, digits) : fixed(number, digits);
      const unit = isNumber(number) && options && options.unit ? options.unit : '';
      return [label, text + unit, isNumber(number) ? '' : 'none', explain(name, number)];
    }

    function showStrip() {
      const found = report();
      const owner = account();
      const held = found ? Object.entries(found.position) : [];
      const flat = held.every(([, count]) => count === 0);
      const knows = found && found.trading_state !== null;
      const position = held.length && (!flat || knows)
        ? held.map(([symbol, count]) => `${count ? signed(count, 0) : 'flat'} ${symbol}`).join(', ') : NONE;
      const profit = found && found.day_pnl_usd !== null ? Number(found.day_pnl_usd) : null;
      const mid = value('mid_price_points');
      state.title = isNumber(mid) ? midPrice(mid) : '';
      const middle = column('Mid', 'mid_price_points', digits.mid);
      const small = (pair) => { pair[2] = `small ${pair[2] || ''}`.trim(); return pair; };
      list(byId('strip'), [
        middle[1].length > 9 ? small(middle) : middle,
        column('Spread, ticks', 'bid_ask_spread_ticks', 0),
        ['Bid × ask', `${fixed(value('best_bid_size_contracts'), 0)} × ${fixed(value('best_ask_size_contracts'), 0)}`],
        ['Position', position,
          `small steady ${flat ? '' : tone(held.reduce((sum, one) => sum + one[1], 0))}`.trim()],
        ['Day P&L, USD', found ? money(found.day_pnl_usd) : NONE, processOf('execution') ? tone(profit) : 'none',
          processOf('execution') ? '' : 'without the execution gateway nobody hears of fills'],
        ['Working orders', owner ? String(owner.working_orders) : NONE, 'steady'],
        column('Session volume', 'session_volume_contracts', 0),
        small(column('Realized vol. 5 min', 'realized_volatility_w300s_annualized_percent', 1, { unit: ' %' })),
      ], true);
    }

    function showAccount() {
      const found = report();
      const owner = account();
      const limit = (text) => (text === null || text === undefined ? null : Number(text));
      const pairs = [];
      const profit = found && found.day_pnl_usd !== null ? Number(found.day_pnl_usd) : null;
      const loss = owner ? limit(owner.day_loss_limit_usd) : null;
      const used = isNumber(profit) ? Math.max(0, -profit) : null;
      const hears = Boolean(processOf('execution'));
      pairs.push(['Day P&L', found ? money(found.day_pnl_usd) : NONE, `strong ${hears ? tone(profit) : 'none'}`]);
      const share = (part, whole) => (!owner ? NONE
        : `${fixed(part, 2)} of ${whole === null ? 'no limit' : fixed(whole, 0)}`);
      pairs.push(['Day loss of limit', share(used, loss), '', '', loss ? used / loss : 0]);
      const drawn = owner ? limit(owner.drawdown) : null;
      const most = owner ? limit(owner.drawdown_limit_usd) : null;
      pairs.push(['Drawdown of limit', share(drawn, most), '', '', most ? drawn / most : 0]);
      pairs.push(['Working orders', owner ? String(owner.working_orders) : NONE]);
      const books = (held) => (held
        ? Object.entries(held).map(([name, count]) => `${name} ${signed(count, 0)}`).join(', ') : NONE);
      pairs.push(['Books', books(found && found.books)]);
      pairs.push(['Accounts', books(found && found.accounts)]);
      const lock = state.status && state.status.lock;
      const switched = !found || found.locked === null ? NONE : found.locked ? 'on' : 'off';
      const cause = lock && lock.reason ? `${lock.reason}, ` : '';
      /* Over tape a limit's lock is the account's alone. */
      const word = found && found.lock ? words(found.lock.reason) : switched;
      pairs.push(['Lock', (lock && lock.reason) || word, lock || (found && (found.locked || found.lock)) ? 'warn' : '',
        lock ? `${cause}by ${lock.sender} at ${timeOf(lock.locked_ns)} New York` : '']);
      list(byId('account-list'), pairs);
    }

    function showHeader() {
      const found = report();
      const trading = found && found.trading_state ? found.trading_state : 'UNKNOWN';
      const kind = { ACTIVE: 'good', REDUCING: 'warn', UNKNOWN: '' }[trading];
      put(byId('trading'), trading, `chip ${kind === undefined ? 'bad' : kind}`, 'trading state of the account');
      /* An ingest that does not answer may be a tape's or a live one's. */
      const ingest = processOf('ingest');
      const unsaid = ingest && ingest.state !== 'starting' ? 'tape' : NONE;
      const feed = found && found.processes.length ? (found.feed || unsaid) : NONE;
      const flags = stream('market') ? stream('market').flags : [];
      const chain = (found && found.options_feed) || 'live';
      const isGood = ['live', 'tape'].includes(feed) && chain === 'live' && !flags.length;
      const isDown = (state) => ['down', 'refused', 'connecting', 'authenticating'].includes(state);
      const isBad = flags.includes('stale') || isDown(feed) || isDown(chain);
      const feeds = `feed ${feed}` + (chain === 'live' ? '' : `, options ${chain}`);
      put(byId('feed'), feeds, `chip ${isGood ? 'good' : isBad ? 'bad' : feed === NONE ? '' : 'warn'}`,
        flags.length ? `rows are ${flags.join(', ')}` : '');
      const epoch = found && found.epoch !== null ? `epoch ${found.epoch}` : 'no epoch';
      put(byId('epoch'), epoch + (found && found.locked ? ' locked' : ''), `chip ${found && found.locked ? 'bad' : ''}`,
        'raised by every lock and by a new run over a tape: what was approved before opens nothing');
      const first = found && found.processes[0];
      put(byId('run'), first ? first.run : '');
      const time = state.market && state.market.market ? state.market.market.ts_recv : null;
      put(byId('clock'), isNumber(time) ? `${clockFormat.format(time / 1e6)} ET` : NONE);
    }

    function showProcesses() {
      const found = report();
      const heads = [['process', 'word'], ['state', 'word'], ['pid'], ['lag'], ['rec/s'],
        ['gaps', '', 'holes in the records'], ['lost', '', 'records read from the tape, for the ring had passed'],
        ['drop', '', 'what the venue had to say and found no room for']];
      fill(byId('process-table'), heads, PROCESSES.map((name) => {
        const process = processOf(name);
        if (!process) {
          const text = !found ? NONE : found.missing.includes(name) ? 'silent' : found.stale.includes(name)
            ? 'dead' : 'not running';
          return [[name, 'word'], [text, found ? 'word bad strong' : 'word'], [NONE], [NONE], [NONE], [NONE], [NONE],
            [NONE]];
        }
        return [[name, 'word'], [process.state, process.state === 'running' ? 'word good' : 'word'], [process.pid],
          [span(process.lag_ns), process.lag_ns > 1e9 ? 'warn' : ''], [fixed(process.records_per_s, 0)],
          [process.gaps, process.gaps ? 'warn' : ''], [process.records_lost, process.records_lost ? 'warn' : ''],
          [process.dropped, process.dropped ? 'warn' : '']];
      }));
    }

    const LEVELS = { pm_high: 'pm', pm_low: 'pm', or_high: 'or', or_low: 'or', sma_90: 'sma' };
    const SIGNAL_COLUMNS = [['side', 'approach_side'], ['trade imb.', 'trade_imbalance_in_band_hl30s'],
      ['flow imb.', 'order_flow_imbalance_in_band_hl30s'], ['replenish', 'passive_replenishment_ratio_hl30s'],
      ['queue imb.', 'queue_imbalance_in_band'], ['penetr.', 'max_penetration_current_test_ticks'],
      ['velocity', 'approach_velocity_5s_ticks_per_second'],
      ['traded/shown', 'traded_to_displayed_ratio_current_test']];

    function levelState(values) {
      if (!isNumber(values.touch_count)) return ['inactive', 'word none', explain('touch_count', null)];
      const age = values.current_test_duration_seconds;
      if (age > 0) return [`TEST ${seconds(age)}`, 'word strong warn'];
      const outcome = values.last_test_outcome_code;
      return [outcome > 0 ? 'broke' : outcome < 0 ? 'held' : 'untested', 'word'];
    }

    function showLevels() {
      const heads = [['level', 'word'], ['price'], ['distance', '', 'ticks that the mid is above (+) or below (−) it'],
        ['state', 'word'], ['tests'], ['held'], ['broke'],
        ...SIGNAL_COLUMNS.map(([label, name]) => [label, '', explain(name, 0)]), ['last signal', 'word'], ['score']];
      const levels = state.market && state.market.levels ? state.market.levels.rows : [];
      fill(byId('level-table'), heads, levels.map((level) => {
        const values = level.values;
        const cell = (name, digits, form) => {
          const number = values[name];
          return [(form || fixed)(number, digits), isNumber(number) ? '' : 'none', explain(name, number)];
        };
        const signal = level.signal;
        return [
          [level.name, `word strong ${LEVELS[level.name] || ''}`],
          [price(level.price), level.price === null ? 'none' : 'strong', explain('distance_ticks', level.price)],
          cell('distance_ticks', 1, signed), levelState(values),
          cell('touch_count', 0), cell('rejection_count', 0), cell('break_count', 0),
          ...SIGNAL_COLUMNS.map(([, name]) => (name === 'approach_side'
            ? [{ 1: 'below', '-1': 'above' }[values[name]] || NONE, isNumber(values[name]) ? '' : 'none',
              explain(name, values[name])] : cell(name, 2))),
          signal ? [`${signal.kind} ${timeOf(signal.receive_time)}`, 'word'] : [NONE, 'word none', 'no signal yet'],
          signal ? [signed(signal.score, 2), 'strong', `confidence ${fixed(signal.confidence, 2)}`]
            : [NONE, 'none', 'no signal yet'],
        ];
      }));
    }

    const lists = {
      signals: [[['time', 'word'], ['level', 'word'], ['kind', 'word'], ['test'], ['score'], ['confidence'],
        ['quality', 'word']], (row) => [[timeOf(row.receive_time), 'word'],
        [row.level, `word ${LEVELS[row.level] || ''}`], [row.kind, 'word strong'], [row.test], [signed(row.score, 2)],
        [fixed(row.confidence, 2)], [flagNames(row.quality).map(words).join(' ') || 'good', 'word']]],
      orders: [[['time', 'word'], ['id', 'word'], ['role', 'word'], ['side', 'word'], ['qty'], ['type', 'word'],
        ['price'], ['state', 'word'], ['reason', 'word']], (row) => [[timeOf(row.time), 'word'], [row.id, 'word'],
        [words(row.role), 'word'], [row.side, `word ${row.side}`],
        row.leaves > 0 && row.leaves < row.quantity ? [`${row.leaves} of ${row.quantity}`, '', 'can still fill']
          : [row.quantity], [words(row.type), 'word'],
        [row.type === 'market' ? NONE : ticks(row.price)], [words(row.state), 'word strong'],
        [row.reason === 'none' ? '' : words(row.reason), 'word']]],
      fills: [[['time', 'word'], ['id', 'word'], ['role', 'word'], ['side', 'word'], ['qty'], ['price'], ['fee'],
        ['liquidity', 'word']], (row) => [[timeOf(row.time), 'word'], [row.id, 'word'], [words(row.role), 'word'],
        [row.side, `word strong ${row.side}`], [row.quantity], [ticks(row.price), 'strong'], [row.fee],
        [words(row.liquidity), 'word']]],
      verdicts: [[['time', 'word'], ['intent', 'word'], ['verdict', 'word'], ['position'], ['worst']],
        (row) => [[timeOf(row.time), 'word'], [row.intent, 'word'],
        [words(row.reason), row.reason === 'approved' ? 'word good' : 'word warn'], [signed(row.position, 0)],
        [signed(row.worst_position, 0)]]],
    };

    function showRows() {
      for (const [name, [heads, cells]] of Object.entries(lists)) {
        const found = state.rows[name];
        fill(byId(`${name}-table`), heads, found.rows.map(cells));
        const lost = found.missed ? `, ${found.missed} missed` : '';
        const before = found.forgotten ? `, ${found.forgotten} before` : '';
        put(byId(`${name}-note`), `${found.count}${lost}${before}`, found.missed ? 'bad' : '');
      }
    }

    function showMarket() {
      list(byId('market-list'), [
        column('Micro-price, ticks off mid', 'micro_price_offset_ticks', 2, { signed: true }),
        column('Order flow 10 s, contracts', 'order_flow_imbalance_hl10s_contracts', 0, { signed: true }),
        column('Trade imbalance 60 s', 'trade_imbalance_hl60s', 2, { signed: true }),
        column('Queue imbalance, best', 'queue_imbalance_best', 2, { signed: true }),
        column('Depth imbalance, ten', 'depth_imbalance_top_10', 2, { signed: true }),
        column('Volume delta, session', 'cumulative_volume_delta_session_contracts', 0, { signed: true }),
        column('From VWAP, ticks', 'vwap_session_distance_ticks', 1, { signed: true }),
        column('Return since open, bps', 'rth_return_bps', 1, { signed: true }),
        column('ATR 14 × 1 min, ticks', 'atr_14_1m_ticks', 1),
        column('Messages a second', 'message_rate_hl10s_messages_per_second', 0),
        column('Trades a second', 'trade_intensity_hl10s_trades_per_second', 1),
        column('Volume against usual', 'session_volume_time_of_day_ratio', 2),
        column('VPIN', 'vpin', 2),
        column('Minutes to the close', 'minutes_to_rth_close', 0),
      ]);
      const gamma = value('gamma_exposure_total_usd_per_1pct');
      list(byId('options-list'), [
        column('At-the-money vol., today', 'atm_implied_volatility_0dte_percent', 1, { unit: ' %' }),
        column('At-the-money vol., 7 days', 'atm_implied_volatility_7d_percent', 1, { unit: ' %' }),
        column('At-the-money vol., 30 days', 'atm_implied_volatility_30d_percent', 1, { unit: ' %' }),
        column('Expected move, ticks', 'expected_move_to_close_ticks', 0),
        column('25 Δ risk reversal, points', 'risk_reversal_25_delta_7d_vol_points', 2, { signed: true }),
        ['Gamma, M USD per 1 %', isNumber(gamma) ? signed(gamma / 1e6, 1) : NONE, isNumber(gamma) ? '' : 'none',
          explain('gamma_exposure_total_usd_per_1pct', gamma)],
        /* Of the last refresh, up to a second ago (the first of a minute): no price of now is to be made of them. */
        column('Above zero gamma, ticks', 'zero_gamma_distance_ticks', 1, { signed: true }),
        column('Above call wall, ticks', 'call_wall_distance_ticks', 1, { signed: true }),
        column('Above put wall, ticks', 'put_wall_distance_ticks', 1, { signed: true }),
        column('Put/call volume', 'put_call_volume_ratio_session', 2),
      ]);
    }

    function showQuality() {
      const found = report();
      const pairs = [];
      const market = state.market && state.market.market;
      const quality = market ? market.quality : null;
      pairs.push(['Newest row', quality ? quality.map(words).join(', ') || 'good' : NONE,
        quality && quality.some((flag) => flag !== 'no_history') ? 'warn' : '']);
      const age = market ? market.age_ms : 0;
      pairs.push(['Its age', market ? span(age * 1e6) : NONE, age > 2000 ? 'warn' : '']);
      for (const feed of state.market ? state.market.streams : []) {
        const heard = feed.heard === null ? 'not heard yet' : feed.heard ? 'heard' : 'silent';
        const missed = feed.missed ? `, ${feed.missed} missed` : ', none missed';
        const flags = feed.flags.length ? `, ${feed.flags.map(words).join(', ')}` : '';
        pairs.push([`Stream ${feed.feed}`, heard + missed + flags, feed.heard === false || feed.missed ? 'bad' : '']);
      }
      for (const name of ['engine', 'risk', 'paper']) {
        const process = processOf(name);
        for (const one of process ? process.instruments : []) {
          pairs.push([`${name}, ${one.symbol}`, one.quality.map(words).join(', ') || 'good',
            one.quality.length ? 'warn' : '']);
        }
      }
      const engine = processOf('engine');
      if (engine && engine.no_history.length) {
        pairs.push(['Without history', `${engine.no_history.length} columns`, '', engine.no_history.join(', ')]);
      }
      const warming = found ? found.processes.flatMap((one) => one.warming.map((name) => `${one.name} ${name}`)) : [];
      if (warming.length) pairs.push(['Warming', warming.join(', '), 'warn']);
      list(byId('quality-list'), pairs);
    }

    function showLatencies() {
      const rows = [];
      for (const name of PROCESSES) {
        const process = processOf(name);
        for (const one of process ? process.latencies : []) {
          if (!one.count) continue;
          rows.push([[name, 'word'], [words(one.stage), 'word'], [fixed(one.count, 0)], [span(one.p50_ns)],
            [span(one.p99_ns)], [span(one.max_ns)]]);
        }
      }
      fill(byId('latency-table'), [['process', 'word'], ['stage', 'word'], ['count'], ['p50'], ['p99'], ['max']], rows);
    }

    """#
