import { errorCatalogue } from '#packages/foundation';

export const deploymentErrors = errorCatalogue({
  'deployment.invalid': { status: 400, todo: 'Correct the deployment document where the message says.' },
  'deployment.unreadable': {
    status: 400,
    todo: 'Check the path of the deployment document and that it is JSON or YAML.',
  },
  'deployment.no-version': {
    status: 400,
    todo: 'Build or add a version that all requirements allow, or change the requirement named in the message.',
  },
  'deployment.circular-dependency': { status: 400, todo: 'Remove one of the dependencies of the circle.' },
  'deployment.unsupported-component': {
    status: 400,
    todo: 'Use a component of type aws.greengrass.generic, or try it on a real nucleus.',
  },
  'deployment.configuration-rejected': {
    status: 400,
    todo: 'Correct the configuration that the component refused, or deploy a version that takes it.',
  },
  'deployment.component-broken': {
    status: 500,
    todo: 'Read the reason and the log of the component, correct it and deploy again.',
  },
  'deployment.bootstrap-failed': { status: 500, todo: 'Correct the bootstrap script of the component.' },
  'deployment.interrupted': { status: 409, todo: 'Deploy again.' },
  'deployment.canceled': { status: 409, todo: 'Deploy again if it was not meant.' },
});
