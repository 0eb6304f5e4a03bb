"""The dashboard's script without a browser: run by QuickJS in a document of stand-ins, where the canvas writes down what it is told.

It shows whether the script runs to its end and what it would write where; how that looks is for a browser.
"""

import json

import quickjs

# Its language is that of 2020, a browser's is newer.
LANGUAGE = r"""
for (const type of [Array, String]) {
  type.prototype.at ||= function (index) { return this[index < 0 ? this.length + index : index]; };
}
String.prototype.replaceAll ||= function (text, other) { return this.split(text).join(other); };
"""

DOCUMENT = r"""
class Node {
  constructor(tag) {
    Object.assign(this, { tag, children: [], dataset: {}, style: {}, textContent: '', className: '', title: '', clientWidth: 900, clientHeight: 400 });
  }
  append(...nodes) { this.children.push(...nodes); }
  replaceChildren(...nodes) { this.children = nodes; }
  all() { return this.children.flatMap((one) => [one, ...one.all()]); }
  querySelectorAll(selector) {
    const tag = selector.split(' ').at(-1);
    return this.all().filter((one) => one.tag === tag);
  }
  make(tag) { const node = new Node(tag); this.append(node); return node; }
  createTHead() { return this.tHead = this.make('thead'); }
  createTBody() { this.tBodies = [this.make('tbody')]; return this.tBodies[0]; }
  insertRow() { return this.make('tr'); }
  insertCell() { return this.make('td'); }
  deleteRow() { this.children.pop(); }
  get rows() { return this.children; }
  get cells() { return this.children; }
  addEventListener() {}
  getContext() { return pen; }
}
/* What was drawn since it was last asked for, and how deep the canvas's states are nested. */
let drawn = [], depth = 0;
const pen = new Proxy({ measureText: (text) => ({ width: 6 * text.length }) }, {
  get: (target, name) => (name in target ? target[name] : (...values) => {
    depth += { save: 1, restore: -1 }[name] || 0;
    drawn.push([name, ...values]);
  }),
});
const nodes = {};
const document = {
  hidden: false, title: '', body: new Node('body'), documentElement: new Node('html'), addEventListener() {},
  createElement: (tag) => new Node(tag), getElementById: (id) => nodes[id] || (nodes[id] = new Node(id)),
};
const window = { devicePixelRatio: 1 };
const performance = { time: 1, now: () => performance.time };
Date.now = () => 1e12 + performance.time + performance.set;
performance.set = 0;
const getComputedStyle = () => ({ getPropertyValue: () => '#000' });
const matchMedia = () => ({ addEventListener() {} });
const addEventListener = () => {}, setInterval = () => {}, setTimeout = () => {};
const requestAnimationFrame = (body) => body();
const listeners = {};
let connections = 0;
class EventSource {
  constructor() { connections++; }
  addEventListener(name, body) { listeners[name] = body; }
  close() {}
}
const Intl = { DateTimeFormat: class { format(time) { return `T${time}`; } } };
Number.prototype.toLocaleString = function (_, { minimumFractionDigits: least, maximumFractionDigits: most }) {
  let [whole, part = ''] = Math.abs(this).toFixed(most).split('.');
  while (part.length > least && part.endsWith('0')) part = part.slice(0, -1);
  return (this < 0 ? '-' : '') + whole.replace(/\B(?=(\d{3})+$)/g, ',') + (part ? `.${part}` : '');
};
"""


class Page:
    """A page that has loaded the script."""

    def __init__(self, script):
        self.context = quickjs.Context()
        self.context.eval(LANGUAGE + DOCUMENT)
        self.context.eval(script)

    def take(self, name, body):
        """One server-sent event. Raises what the script throws; the canvas's states come to none when it is drawn."""
        self.context.eval("drawn = []")
        self.context.eval(f"listeners[{json.dumps(name)}]({{ data: {json.dumps(json.dumps(body))} }})")
        depth = self.context.eval("depth")
        if depth != 0:
            raise AssertionError(f"the canvas has {depth} states that were not restored")

    def drawn(self, name):
        """Calls of the canvas's pen by name since the last event."""
        return [call[1:] for call in json.loads(self.context.eval("JSON.stringify(drawn)")) if call[0] == name]

    def text(self, identity):
        """What a node and all below it say, one line each."""
        lines = f"[nodes[{json.dumps(identity)}], ...nodes[{json.dumps(identity)}].all()].map((one) => one.textContent)"
        return [line for line in json.loads(self.context.eval(f"JSON.stringify({lines})")) if line]

    def look(self, expression):
        return json.loads(self.context.eval(f"JSON.stringify({expression})"))
