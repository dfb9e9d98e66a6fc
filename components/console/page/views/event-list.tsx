import type { DeviceEvent } from '../../device/live-line.ts';
import { eventWords } from '../state/words.ts';
import { clockWords } from './time-words.ts';

/** Events of the device, newest first, each failure with what to do about it. */
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
