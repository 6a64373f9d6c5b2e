import { describe, expect, it } from 'vitest';
import { EventParser, readEvents } from './sse';

const STREAM =
  'event: instant\ndata: {"a":1}\n\n: a comment\n\nevent: done\r\ndata: {}\r\n\r\ndata: one\ndata:two\n\n';
const EVENTS = [
  { event: 'instant', data: '{"a":1}' },
  { event: 'done', data: '{}' },
  { event: 'message', data: 'one\ntwo' },
];

describe('EventParser', () => {
  it('reads events whatever the line ends, and skips comments', () => {
    expect(new EventParser().push(STREAM)).toEqual(EVENTS);
  });

  it('reads the same events wherever the stream is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      const parser = new EventParser();
      expect([...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))]).toEqual(EVENTS);
    }
  });

  it('reads the same events byte by byte', () => {
    const parser = new EventParser();
    expect([...STREAM].flatMap((char) => parser.push(char))).toEqual(EVENTS);
  });

  it('gives nothing of an unfinished event', () => {
    expect(new EventParser().push('event: ranked\ndata: {"hits"')).toEqual([]);
  });
});

describe('readEvents', () => {
  it('joins characters that arrive in two pieces', async () => {
    const bytes = new TextEncoder().encode('data: Łódź 🚀\n\n');
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const events = [];
    for await (const event of readEvents(new Response(body))) events.push(event);
    expect(events).toEqual([{ event: 'message', data: 'Łódź 🚀' }]);
  });
});
