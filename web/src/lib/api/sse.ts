// Server-sent events over fetch. EventSource hides the status and body of a refusal and starts a finished
// search again by itself; this reader does neither.

export interface ServerEvent {
  event: string;
  data: string;
}

/** Splits a growing text into events; keeps the unfinished rest for the next piece. */
export class EventParser {
  #rest = '';

  push(piece: string): ServerEvent[] {
    this.#rest += piece;
    // A carriage return at the very end may be half of a line end: it waits for the next piece.
    const held = this.#rest.endsWith('\r') ? '\r' : '';
    const text = (held ? this.#rest.slice(0, -1) : this.#rest).replace(/\r\n?/g, '\n');
    const blocks = text.split('\n\n');
    this.#rest = (blocks.pop() ?? '') + held;
    return blocks.map(parseBlock).filter((event) => event !== null);
  }
}

function parseBlock(block: string): ServerEvent | null {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? null : { event, data: data.join('\n') };
}

/** Yields the events of an answer until it ends or is aborted. */
export async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  if (!response.body) return;
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
