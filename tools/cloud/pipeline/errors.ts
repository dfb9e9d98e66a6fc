import { errorCatalogue } from '#packages/foundation';

export const pipelineErrors = errorCatalogue({
  'pipeline.not-an-event': {
    status: 400,
    todo: 'Let the rule pass SageMaker Model Package State Change events only, whole: infrastructure/pipeline.yaml does.',
  },
  'pipeline.configuration': {
    status: 500,
    todo: 'Set the named variable of the Lambda function; infrastructure/pipeline.yaml does.',
  },
});
