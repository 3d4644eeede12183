/** Progress of long work: a spinner where a person watches, plain lines where a log does. */
export interface Progress {
  /** What is happening this moment; shown on a terminal only, as often as you like. */
  tick(text: string): void;
  /** A line for logs alone: who watches sees it in what is ticked. */
  log(text: string): void;
  /** Runs `print`, which writes to the terminal, with the display out of its way. */
  above(print: () => void): void;
  /** Ends the display; `text` stays as the last line. */
  done(text?: string): void;
}

export interface ProgressPlace {
  /** Whether a spinner can be drawn. */
  readonly live: boolean;
  readonly color: boolean;
  /** Where a spinner is drawn. */
  screen(): NodeJS.WriteStream;
  /** Prints one line. */
  line(text: string): void;
}

/** Starts to show `text`. */
export function startProgress(text: string, place: ProgressPlace): Progress {
  return place.live ? spinner(text, place) : lines(text, place);
}

function lines(text: string, place: ProgressPlace): Progress {
  place.line(text);
  return {
    tick: () => undefined,
    log: (line) => place.line(line),
    above: (print) => print(),
    done: (last) => {
      if (last !== undefined) place.line(last);
    },
  };
}

/** The spinner's module takes as long to load as a command to start, so work begins without waiting for it. */
function spinner(text: string, place: ProgressPlace): Progress {
  let shown = text;
  let over = false;
  let handle: {text: string; stop(): unknown; start(): unknown} | undefined;
  void import("ora").then(({default: ora}) => {
    if (over) return;
    // Whether there is a screen was decided above; ora's own guess also looks at CI. discardStdin would take the
    // terminal from prompts, and Ctrl-C from the signal handler.
    handle = ora({
      text: shown,
      isEnabled: true,
      stream: place.screen(),
      color: place.color ? "cyan" : false,
      discardStdin: false,
    }).start();
  });
  return {
    tick: (tick) => {
      shown = tick;
      if (handle) handle.text = tick;
    },
    log: () => undefined,
    above: (print) => {
      handle?.stop();
      print();
      if (!over) handle?.start();
    },
    done: (last) => {
      over = true;
      handle?.stop();
      if (last !== undefined) place.line(last);
    },
  };
}
