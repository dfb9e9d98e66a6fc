import { FolderSource } from './folder/folder-source.ts';
import type { FolderSourceOptions } from './folder/folder-source.ts';
import type { ImageSource } from './image-source.ts';

/** The source of the configured kind. */
export function createSource(options: FolderSourceOptions): ImageSource {
  switch (options.configuration.Type) {
    case 'folder':
      return new FolderSource(options);
  }
}
