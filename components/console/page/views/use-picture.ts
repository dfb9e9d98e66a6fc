import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { pictureFeed } from '../state/picture-feed.ts';
import type { FeedPicture } from '../state/picture-feed.ts';

/** The newest picture of a source, as long as the element is on the screen. */
export function usePicture(source: string, element: RefObject<HTMLElement | null>): FeedPicture | undefined {
  const [picture, setPicture] = useState(pictureFeed.newest(source));
  useEffect(() => {
    setPicture(pictureFeed.newest(source));
    let leave = (): void => undefined;
    const observer = new IntersectionObserver(([entry]) => {
      leave();
      leave = entry?.isIntersecting ? pictureFeed.watch(source, setPicture) : () => undefined;
    });
    if (element.current) observer.observe(element.current);
    return () => {
      observer.disconnect();
      leave();
    };
  }, [source]);
  return picture;
}
