import { entry, errorCatalog } from '#packages/foundation';

/** Why a twin could not be run. Its findings about a deployment are in its report, not here. */
export const twinErrors = errorCatalog({
  'twin.held-back': entry<{ readonly folder: string }>({
    todo: 'Give a folder with one folder of pictures for each label, or with annotations.json in the form of COCO beside its pictures.',
  }),
  'twin.no-agent': {
    todo: 'The twin asks the models through edgeml.InferenceAgent: put a model component or the agent into the deployment.',
  },
  'twin.no-build': entry<{ readonly folder: string }>({
    todo: 'Give --build a folder with recipes/ and artifacts/, as edgeml build, edgeml package and gdk write it.',
  }),
  'twin.no-component': entry<{ readonly component: string }>({
    todo: 'Build or package the component first, or name a version that is in one of the --build folders.',
  }),
  'twin.no-image': { todo: 'Give --image JPEG, PNG, WebP, BMP or TIFF files, or folders that hold some.' },
  'twin.no-model': entry<{ readonly model: string }>({
    todo: 'Deploy the model to the nucleus first, or give the alias that `edgeml local list` shows.',
  }),
});
