/// How values are written. Text goes into the page as text alone: names and reasons are typed by people.
let scriptFormat = #"""
    'use strict';
    const NONE = '–';
    const byId = (id) => document.getElementById(id);
    let catalogue = { columns: {} };

    function make(tag, text, name) {
      const node = document.createElement(tag);
      if (text !== undefined) node.textContent = text;
      if (name) node.className = name;
      return node;
    }

    function put(node, text, name, title) {
      if (node.textContent !== text) node.textContent = text;
      if (name !== undefined && node.className !== name) node.className = name;
      if (title !== undefined && node.title !== title) node.title = title;
    }

    const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

    function between(value, least, most) {
      if (!isNumber(value)) return NONE;
      const text = value.toLocaleString('en-US', { minimumFractionDigits: least, maximumFractionDigits: most });
      return text.replace('-', '−');
    }

    const fixed = (value, digits) => between(value, digits, digits);

    const signed = (value, digits) => (isNumber(value) && value > 0 ? '+' : '') + fixed(value, digits);
    /* Points of a tick of the run's contracts; none before the first row of the levels. */
    let tick = NaN;
    /* Digits of a price, least and most: 110.50 and 110.515625 where a tick is 1/64. Mids lie between two ticks. */
    let digits = { least: 2, most: 2, mid: 3 };

    /* Digits with which a multiple of it is written exactly; prices are whole billionths. */
    function digitsOf(points) {
      let count = 0;
      const isWhole = (scaled) => Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled;
      while (count < 9 && !isWhole(points * 10 ** count)) count += 1;
      return count;
    }

    function setTick(points) {
      tick = isNumber(points) ? points : NaN;
      if (!isNumber(points)) return;
      const least = Math.max(2, Math.ceil(-Math.log10(points)));
      digits = { least, most: Math.max(least, digitsOf(points)), mid: Math.max(least, digitsOf(points / 2)) };
    }

    const price = (points) => between(points, digits.least, digits.most);
    const midPrice = (points) => fixed(points, digits.mid);
    const ticks = (count) => (isNumber(count) && Math.abs(count) < 1e9 ? price(count * tick) : NONE);

    function money(text) {
      if (text === null || text === undefined) return NONE;
      return signed(Number(text), 2);
    }

    /* Three digits and a unit. */
    function span(nanoseconds) {
      if (!isNumber(nanoseconds)) return NONE;
      const size = Math.abs(nanoseconds);
      const sign = nanoseconds < 0 ? '−' : '';
      if (size >= 1e9) return sign + (size / 1e9).toFixed(size < 1e11 ? 1 : 0) + ' s';
      if (size >= 1e6) return sign + (size / 1e6).toFixed(1) + ' ms';
      if (size >= 1e3) return sign + (size / 1e3).toFixed(1) + ' µs';
      return sign + size + ' ns';
    }

    function seconds(value) {
      if (!isNumber(value)) return NONE;
      if (value < 100) return value.toFixed(1) + ' s';
      return value < 6000 ? (value / 60).toFixed(1) + ' min' : (value / 3600).toFixed(1) + ' h';
    }

    const zone = { timeZone: 'America/New_York', hour12: false };
    const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
    const clockFormat = new Intl.DateTimeFormat('en-GB', { ...zone, ...parts });
    const timeFormat = new Intl.DateTimeFormat('en-GB', { ...zone, ...parts, fractionalSecondDigits: 3 });
    const minuteFormat = new Intl.DateTimeFormat('en-GB', { ...zone, hour: '2-digit', minute: '2-digit' });
    const timeOf = (ns) => (isNumber(ns) && ns < 9e18 ? timeFormat.format(ns / 1e6) : NONE);

    /* What a column means, and why it has no value. */
    function explain(name, value) {
      const column = catalogue.columns[name];
      if (!column) return name;
      const what = `${name} (${column.row}, ${column.unit}): ${column.meaning}`;
      if (isNumber(value)) return what;
      const first = column.warm_up === 'none' ? '' : ` First defined: ${column.warm_up}.`;
      return `${what} Not defined ${column.undefined === 'never' ? 'yet' : `when ${column.undefined}`}.${first}`;
    }

    const FLAGS = ['gap', 'stale', 'replayed', 'crossed', 'one_sided', 'bad_book', 'halted', 'closed', 'warming',
      'no_book', 'no_history'];
    const flagNames = (bits) => FLAGS.filter((_, index) => bits & (1 << index));
    /* Names of codes are written for programs. */
    const words = (name) => String(name).replaceAll('_', ' ').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

    """#
