import { errorCatalog } from '#packages/foundation';

export const datasetErrors = errorCatalog({
  'dataset.format-unsuited': {
    todo: 'Choose another --to: COCO holds boxes only; YOLO, Label Studio, CVAT and Ground Truth hold both boxes and classes.',
  },
  'dataset.image-unreadable': {
    todo: 'Remove the picture and the JSON beside it from the folder, or fetch both again.',
  },
  'dataset.labels-unreadable': {
    todo: 'Correct the named value, or export the labels again in the format that --labels-format names.',
  },
  'dataset.mixed-tasks': {
    todo: 'Make one data set for each service: give --service.',
  },
  'dataset.no-image-root': {
    todo: 'Give --image-root with the address that the pictures will have for the labeling tool, e.g. s3://my-bucket/labeling.',
  },
  'dataset.no-labels': {
    todo: 'Give --labels the file or folder that the labeling tool has exported; name its format with --labels-format if it is not found out.',
  },
  'dataset.no-samples': {
    todo: 'Give the folder or s3://bucket/prefix that the feedback uploader writes to, with SampleRecords switched on, and check --service and --marked.',
  },
  'dataset.output-not-empty': {
    todo: 'Give --output a folder that does not exist yet, or add --replace.',
  },
  'dataset.place-unreadable': {
    todo: 'Check the path or the address, that you may read it, and the AWS settings (AWS_REGION, AWS_ENDPOINT_URL, credentials).',
  },
  'dataset.unknown-label': {
    todo: 'Correct the label in the labeling tool, or add it to the file that --classes names.',
  },
  'dataset.unknown-picture': {
    todo: 'Give the samples that were labeled: the same folder or bucket that the labeling task was made from.',
  },
});
