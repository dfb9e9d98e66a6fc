import { errorCatalogue } from '#packages/foundation';

export const modelCommandErrors = errorCatalogue({
  'model-command.usage': {
    status: 400,
    todo: 'model.js activate <package> [--alias NAME] [--timeout SECONDS] | model.js serve <package> [--alias NAME] | model.js retire <alias> [<package>]',
  },
  'model-command.agent-absent': {
    status: 503,
    todo: 'Deploy edgeml.InferenceAgent, or look into its log why it does not start; EDGEML_AGENT_SOCKET must name its socket.',
  },
});
