import { FolderSource } from './folder/folder-source.ts';
import type { FolderJournals } from './folder/journal/folder-journals.ts';
import { HttpSource } from './http/http-source.ts';
import type { ImageSource, SourceOptions } from './image-source.ts';
import { FfmpegPlayer } from './stream/ffmpeg-player.ts';
import { PipelinePlayer } from './stream/pipeline-player.ts';
import { StreamSource } from './stream/stream-source.ts';

/** The source of the configured kind. @param journals of watched folders */
export function createSource(options: SourceOptions, journals: Pick<FolderJournals, 'open'>): ImageSource {
  switch (options.configuration.Type) {
    case 'folder':
      return new FolderSource({ ...options, journals });
    case 'http':
      return new HttpSource(options);
    case 'stream':
      return new StreamSource(options, new FfmpegPlayer(options));
    case 'pipeline':
      return new StreamSource(options, new PipelinePlayer(options));
  }
}
