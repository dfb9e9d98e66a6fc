import type { Box } from '#packages/model-package';

/** Boxes of objects, or one class for each picture. */
export type DatasetTask = 'detection' | 'classification';

export const SPLITS = ['train', 'val', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Names of the formats, in the order in which files are recognized. */
export const FORMAT_NAMES = ['coco', 'yolo', 'label-studio', 'cvat', 'ground-truth'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** Pictures with what is on them, as every format writes it. */
export interface Dataset {
  readonly task: DatasetTask;
  /** Names of the classes; an object names its class by the position. */
  readonly labels: readonly string[];
  readonly pictures: readonly Picture[];
}

export interface Picture {
  /** Name of the file, unique in the data set. */
  readonly name: string;
  /** Size of the upright picture in pixels. */
  readonly width: number;
  readonly height: number;
  readonly split: Split;
  readonly objects: readonly LabeledObject[];
  /** Whether a person said what is on it; otherwise a model did. */
  readonly byPerson: boolean;
  /** Name and version of the model that predicted it. */
  readonly model?: string;
  /** Class that a person named when he kept the sample. */
  readonly shouldBe?: string;
  /** Why the uploader kept it. */
  readonly reason?: string;
  /** Address outside of this machine, if the picture has one, e.g. `s3://bucket/key`. */
  readonly uri?: string;
  /** ISO 8601. */
  readonly takenAt: string;
}

export interface LabeledObject {
  readonly classId: number;
  /** Fractions of the upright picture; classifications do not have one. */
  readonly box?: Box;
  /** Of the model, 0..1; what a person drew does not have one. */
  readonly score?: number;
}

/** A labeling tool's words about one picture; the class is a name, since each tool counts its own way. */
export interface LabeledPicture {
  /** Name of the file, without folders. */
  readonly name: string;
  readonly objects: readonly { readonly label: string; readonly box?: Box }[];
}

/** One of the formats that labeling tools and trainers read. */
export interface DatasetFormat {
  readonly tasks: readonly DatasetTask[];
  /** Whether it names pictures by addresses, and needs no copies of those that have one. */
  readonly byAddress: boolean;
  /** Folder of a picture's copy, from the output folder, with `/`. */
  readonly folderOf: (picture: Picture, dataset: Dataset) => string;
  /** Folders that must be there even if they are empty. */
  readonly foldersOf: (dataset: Dataset) => readonly string[];
  /** The files beside the pictures: name, from the output folder, and content. */
  readonly write: (dataset: Dataset, options: WriteOptions) => ReadonlyMap<string, string>;
  /**
   * Content of a tool's file.
   * @throws EdgeError `dataset.labels-unreadable`
   */
  readonly read: (place: LabelFiles) => Promise<readonly LabeledPicture[]>;
  /** Whether the files look like this format. */
  readonly recognizes: (place: LabelFiles) => Promise<boolean>;
}

interface WriteOptions {
  /** Address of a picture, for formats that name pictures by addresses. */
  readonly addressOf: (picture: Picture) => string;
}

/** The files that a labeling tool exported, as a folder; one file alone is a folder with one file. */
export interface LabelFiles {
  /** For messages. */
  readonly where: string;
  /** Names from the folder, with `/`, sorted. */
  readonly names: readonly string[];
  readonly text: (name: string) => Promise<string>;
}
