import type { DeviceEvent } from '../../device/live-line.ts';
import { eventWords } from '../state/words.ts';
import { clockWords } from './time-words.ts';

/** What happened on the device, newest first, and what to do about what went wrong. */
export function EventList({ events }: { readonly events: readonly DeviceEvent[] }) {
  if (events.length === 0) return <p class="empty small">Nothing has happened since the console started.</p>;
  return (
    <ol class="events">
      {events.toReversed().map((event, at) => {
        const { text, level, todo } = eventWords(event);
        return (
          <li key={`${event.timestamp} ${event.event} ${at}`} class={level}>
            <time dateTime={event.timestamp}>{clockWords(event.timestamp)}</time>
            <p>{text}</p>
            {todo !== undefined && <p class="todo">{todo}</p>}
          </li>
        );
      })}
    </ol>
  );
}
