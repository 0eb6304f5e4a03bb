/// The chart: the mid of ten minutes, the levels as lines, signals and fills as marks.
let scriptChart = #"""
    const SPAN = 600000;
    const chart = { colors: null, isDue: false };

    function colors() {
      const style = getComputedStyle(document.documentElement);
      const color = (name) => style.getPropertyValue(`--${name}`).trim();
      return { text: color('text'), quiet: color('quiet'), grid: color('grid'), mid: color('accent'),
        buy: color('buy'), sell: color('sell'), pm: color('pm'), or: color('or'), sma: color('sma'),
        panel: color('panel'), warn: color('warn') };
    }

    /* A round step of a price axis, in points, no smaller than a tick. */
    function stepOf(span) {
      const power = 10 ** Math.floor(Math.log10(span / 7));
      const step = ([1, 2, 5].find((one) => span / (one * power) <= 7) || 10) * power;
      return isNumber(tick) ? Math.max(step, tick) : step;
    }

    function levelNames() {
      return state.market && state.market.levels ? state.market.levels.rows.map((row) => row.name)
        : Object.keys(LEVELS);
    }

    /* The range of the mids, with the levels that are within reach of it. */
    function range(samples) {
      let low = Infinity;
      let high = -Infinity;
      for (const sample of samples) {
        low = Math.min(low, sample[1]);
        high = Math.max(high, sample[1]);
      }
      const unit = isNumber(tick) ? tick : 0;
      const reach = Math.max(10 * unit, (high - low) * 0.6);
      const [bottom, top] = [low, high];
      const last = samples.at(-1);
      for (let index = 2; index < last.length; index += 1) {
        const level = last[index];
        if (level === null || level < bottom - reach || level > top + reach) continue;
        low = Math.min(low, level);
        high = Math.max(high, level);
      }
      const edge = Math.max(3 * unit, (high - low) * 0.08) || 1;
      return [low - edge, high + edge];
    }

    function draw() {
      chart.isDue = false;
      const canvas = byId('canvas');
      const scale = window.devicePixelRatio || 1;
      const [width, height] = [canvas.clientWidth, canvas.clientHeight];
      if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
      if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
      const pen = canvas.getContext('2d');
      const color = chart.colors || (chart.colors = colors());
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, width, height);
      pen.font = '11px system-ui, "Noto Sans", "DejaVu Sans", sans-serif';
      const right = width < 500 ? 112 : 138;
      const box = { left: 4, top: 6, right: width - right, bottom: height - 18 };
      const samples = state.samples;
      if (!samples.length) {
        pen.fillStyle = color.quiet;
        pen.fillText('no rows of the market yet', box.left + 8, box.top + 16);
        return;
      }
      const end = samples.at(-1)[0];
      const [low, high] = range(samples);
      const x = (time) => box.right - ((end - time) / SPAN) * (box.right - box.left);
      const y = (points) => box.bottom - ((points - low) / (high - low)) * (box.bottom - box.top);
      drawGrid(pen, color, box, { low, high, end, x, y });
      drawLevels(pen, color, box, { samples, low, high, x, y });
      pen.save();
      pen.beginPath();
      pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
      pen.clip();
      /* A clip that stays would keep everything beside the plot as it is now. */
      try {
        line(pen, samples, 1, x, y, color.mid, 1.6);
        drawMarks(pen, color, { end, x, y, samples });
      } finally {
        pen.restore();
      }
      drawNow(pen, color, box, samples.at(-1), y);
    }

    /* A line ends where there is no value, or none for a while. */
    function line(pen, samples, column, x, y, color, width) {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.lineJoin = 'round';
      pen.beginPath();
      let before = null;
      for (const sample of samples) {
        const point = sample[column];
        if (point === null || point === undefined) {
          before = null;
          continue;
        }
        if (before === null || sample[0] - before > 30000) pen.moveTo(x(sample[0]), y(point));
        else pen.lineTo(x(sample[0]), y(point));
        before = sample[0];
      }
      pen.stroke();
    }

    function drawGrid(pen, color, box, { low, high, end, x, y }) {
      const step = stepOf(high - low);
      pen.strokeStyle = color.grid;
      pen.fillStyle = color.quiet;
      pen.lineWidth = 1;
      for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
        pen.beginPath();
        pen.moveTo(box.left, Math.round(y(at)) + 0.5);
        pen.lineTo(box.right, Math.round(y(at)) + 0.5);
        pen.stroke();
        pen.textAlign = 'left';
        pen.fillText(price(at), box.left + 3, y(at) - 3);
      }
      const minutes = 120000;
      pen.textAlign = 'center';
      for (let at = Math.floor(end / minutes) * minutes; at > end - SPAN; at -= minutes) {
        pen.beginPath();
        pen.moveTo(Math.round(x(at)) + 0.5, box.top);
        pen.lineTo(Math.round(x(at)) + 0.5, box.bottom);
        pen.stroke();
        if (x(at) > box.left + 18) pen.fillText(minuteFormat.format(at), x(at), box.bottom + 13);
      }
    }

    /* Those out of the picture stand at its edge with an arrow; labels give way to each other. */
    function drawLevels(pen, color, box, { samples, low, high, x, y }) {
      const last = samples.at(-1);
      const labels = [];
      levelNames().forEach((name, index) => {
        const level = last[index + 2];
        if (level === null || level === undefined) return;
        const ink = color[LEVELS[name]] || color.text;
        const side = level > high ? 1 : level < low ? -1 : 0;
        if (side === 0) {
          pen.save();
          pen.setLineDash(name === 'sma_90' ? [] : [6, 4]);
          pen.beginPath();
          pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
          pen.clip();
          line(pen, samples, index + 2, x, y, ink, 1.2);
          pen.restore();
        }
        const place = side > 0 ? box.top + 4 : side < 0 ? box.bottom - 4 : y(level);
        const arrow = side > 0 ? '▲ ' : side < 0 ? '▼ ' : '';
        labels.push({ place, level, ink, text: `${arrow}${name} ${price(level)}` });
      });
      labels.sort((a, b) => b.level - a.level);
      const gap = 14;
      const mine = y(last[1]);
      let floor = box.top + 4;
      for (const label of labels) {
        let place = Math.max(label.place, floor);
        if (Math.abs(place - mine) < gap) {
          place = label.level >= last[1] && mine - gap >= floor ? mine - gap : mine + gap;
        }
        label.at = place;
        floor = place + gap;
      }
      let ceiling = box.bottom - 3;
      for (const label of labels.slice().reverse()) {
        if (label.at > ceiling) label.at = ceiling;
        ceiling = label.at - gap;
      }
      pen.textAlign = 'left';
      for (const label of labels) {
        pen.fillStyle = label.ink;
        pen.fillText(label.text, box.right + 6, label.at + 4);
      }
    }

    function drawNow(pen, color, box, last, y) {
      const place = y(last[1]);
      const text = midPrice(last[1]);
      pen.font = '600 11px system-ui, "Noto Sans", "DejaVu Sans", sans-serif';
      pen.fillStyle = color.mid;
      pen.fillRect(box.right + 2, place - 8, Math.max(60, pen.measureText(text).width + 8), 16);
      pen.fillStyle = color.panel;
      pen.textAlign = 'left';
      pen.fillText(text, box.right + 6, place + 4);
    }

    function sampleAt(samples, time) {
      let found = null;
      for (const sample of samples) {
        if (sample[0] > time) break;
        found = sample;
      }
      return found;
    }

    function drawMarks(pen, color, { end, x, y, samples }) {
      if (!state.rows) return;
      const order = levelNames();
      for (const signal of state.rows.signals.rows) {
        const time = signal.receive_time / 1e6;
        if (!(time > end - SPAN && time <= end)) continue;
        const sample = sampleAt(samples, time);
        const level = sample && sample[order.indexOf(signal.level) + 2];
        if (!isNumber(level)) continue;
        pen.strokeStyle = color[LEVELS[signal.level]] || color.text;
        pen.fillStyle = signal.kind === 'break' ? pen.strokeStyle : color.panel;
        pen.lineWidth = 1.6;
        pen.beginPath();
        pen.arc(x(time), y(level), 4.5, 0, 7);
        pen.fill();
        pen.stroke();
      }
      for (const fill of state.rows.fills.rows) {
        const time = fill.time / 1e6;
        if (!(time > end - SPAN && time <= end) || !isNumber(tick)) continue;
        const up = fill.side === 'buy';
        const [across, at] = [x(time), y(fill.price * tick)];
        const tip = up ? 1 : -1;
        pen.fillStyle = up ? color.buy : color.sell;
        pen.strokeStyle = color.panel;
        pen.lineWidth = 1;
        pen.beginPath();
        pen.moveTo(across, at);
        pen.lineTo(across - 5, at + 10 * tip);
        pen.lineTo(across + 5, at + 10 * tip);
        pen.closePath();
        pen.fill();
        pen.stroke();
      }
    }

    function askToDraw() {
      if (chart.isDue || document.hidden) return;
      chart.isDue = true;
      requestAnimationFrame(draw);
    }

    """#
