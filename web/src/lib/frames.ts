/** What is said over the WebSocket, from the server's document: told apart by `type`, progress by `data.kind`, changes by `change`. */
import type { Schema } from './api';

export type Frame = Schema<'ServerFrame'>;
export type FrameOf<Type extends Frame['type']> = Extract<Frame, { type: Type }>;

/** Entries of the log of a search. */
export type SearchFrame = FrameOf<'search_started' | 'search_progress' | 'search_completed' | 'search_failed'>;

/** Words to whoever listens, beside any search; those of the second line come only to those who ask for them. */
export type Topic = 'search_history_updated' | 'preferences_updated' | 'system_alert' | 'security_alert' | AskedTopic;
export type AskedTopic = Schema<'Topic'>;
