// One event stream a page. The server names what changed ("conversation:<id>"); the page hears it as
// "live:conversation:<id>" and "live:conversation" on <body>, where fragments refetch themselves. After a gap
// it says "live:resync": anything may have changed meanwhile.
const GATHER = 20; // ms: what happens together is told together, so that a fragment fetches itself once
const PAUSE = 250; // ms between two rounds, however much happens
const LONGEST_WAIT = 30_000;
const HIDDEN_FOR = 60_000;
const STEADY = 10_000;
const SLOW = 1500;

const address = document.querySelector("[data-live]")?.dataset.live;
let stream;
let wait = 1000;
let missed = false;
let opened = Infinity;
let timer;

function say(name) {
  document.body.dispatchEvent(new CustomEvent(`live:${name}`));
}

const heard = new Set();
let telling;
let told = 0;

function hear({ data: topic }) {
  heard.add(topic).add(topic.split(":", 1)[0]);
  telling ??= setTimeout(tell, Math.max(GATHER, told + PAUSE - Date.now()));
}

function tell() {
  const names = [...heard];
  heard.clear();
  telling = undefined;
  told = Date.now();
  names.forEach(say);
}

function connect() {
  clearTimeout(timer);
  stream = new EventSource(address);
  stream.addEventListener("changed", hear);
  stream.addEventListener("open", () => {
    opened = Date.now();
    // Between a slow page and its stream something may have changed, too.
    if (missed || performance.now() > SLOW) say("resync");
    missed = false;
  });
  stream.addEventListener("error", () => {
    // Only a stream that lasted proves the server well: one that breaks at once must not be asked each second.
    if (Date.now() - opened > STEADY) wait = 1000;
    disconnect();
    // Spread the returns, or a restarted server meets every open page in the same second.
    timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  });
}

function disconnect() {
  clearTimeout(timer);
  stream?.close();
  stream = undefined;
  missed = true;
  opened = Infinity;
}

// A browser keeps six HTTP/1.1 connections a host: tabs nobody looks at must give theirs back.
function follow() {
  clearTimeout(timer);
  if (document.hidden) timer = setTimeout(disconnect, HIDDEN_FOR);
  else if (!stream) connect();
}

if (address) {
  connect();
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => event.persisted && !stream && connect());
}
