import { client, data } from "@/shared/api/client";

type Listener = () => void;
type News = { type?: string; topic?: string; event?: number };

const PING_MILLIS = 25_000;
const LONGEST_MILLIS = 30_000;

/** The socket of live topics: comes back by itself, with a new ticket, and asks what it missed. */
export class Wire {
  private listeners = new Map<string, Set<Listener>>();
  private socket: WebSocket | null = null;
  private last: number | null = null;
  private failures = 0;
  private opening = false;
  private over = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pinging: ReturnType<typeof setInterval> | undefined;

  /** Call `listener` whenever the topic changes; the answer ends it. */
  watch(topic: string, listener: Listener): () => void {
    this.over = false;
    const found = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, found.add(listener));
    if (found.size === 1) this.say({ subscribe: [topic] });
    if (!this.socket) void this.open();
    return () => {
      found.delete(listener);
      if (found.size > 0) return;
      this.listeners.delete(topic);
      this.say({ unsubscribe: [topic] });
    };
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    clearInterval(this.pinging);
    this.socket?.close();
    this.socket = null;
  }

  private say(order: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(order));
  }

  private async open(): Promise<void> {
    if (this.opening || this.over || this.listeners.size === 0) return;
    this.opening = true;
    try {
      const { ticket } = await data(client.POST("/api/live/tickets"));
      if (this.over) return;
      const base = window.location.origin.replace(/^http/, "ws");
      const socket = new WebSocket(`${base}/live?ticket=${encodeURIComponent(ticket)}`);
      this.socket = socket;
      socket.onopen = () => this.opened();
      socket.onmessage = (message) => this.heard(String(message.data));
      socket.onclose = () => this.lost(socket);
    } catch {
      this.again();
    } finally {
      this.opening = false;
    }
  }

  private opened(): void {
    this.failures = 0;
    const topics = [...this.listeners.keys()];
    this.say(this.last === null ? { subscribe: topics } : { subscribe: topics, last: this.last });
    clearInterval(this.pinging);
    this.pinging = setInterval(() => this.socket?.readyState === WebSocket.OPEN && this.socket.send("ping"), PING_MILLIS);
  }

  private heard(text: string): void {
    if (text === "pong") return;
    const news = JSON.parse(text) as News;
    if (typeof news.event === "number") this.last = Math.max(this.last ?? 0, news.event);
    if (news.type === "changed" && news.topic) this.listeners.get(news.topic)?.forEach((tell) => tell());
    if (news.type === "renew") this.listeners.forEach((all) => all.forEach((tell) => tell()));
  }

  private lost(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    clearInterval(this.pinging);
    this.again();
  }

  private again(): void {
    if (this.over) return;
    const wait = Math.min(LONGEST_MILLIS, 500 * 2 ** this.failures++) * (0.75 + Math.random() / 2);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.open(), wait);
  }
}
