/** A WebSocket that a test speaks for: `const socket = await FakeSocket.opened()`, `socket.tell({...})`. */
export class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readonly sent: Record<string, unknown>[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error('nobody opened a socket');
    return socket;
  }

  /** The server takes the connection and knows who it is. */
  accept(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
    this.tell({ type: 'auth_success', data: { user_id: 'u', username: 'ada', session_id: null } });
  }

  tell(frame: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify({ timestamp: new Date().toISOString(), message_id: 'm', ...frame }) });
  }

  /** The connection drops. */
  drop(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }
}
