// The stream of overviews: one for the whole page, whatever it shows.

// listen calls onOverview with each overview and onTrouble with what is wrong. The
// browser comes back by itself where a stream ends; where it is refused, this does.
export function listen(onOverview, onTrouble) {
  let source, timer;
  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource("events");
    source.addEventListener("overview", (e) => onOverview(JSON.parse(e.data)));
    source.addEventListener("trouble", (e) => onTrouble(JSON.parse(e.data).detail));
    source.onerror = () => {
      onTrouble(null);
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 3000);
    };
  };
  const close = () => { clearTimeout(timer); source?.close(); };
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  window.addEventListener("pagehide", close);
  open();
}
