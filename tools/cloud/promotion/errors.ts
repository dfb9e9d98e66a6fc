import { errorCatalogue } from '#packages/foundation';

export const promoteErrors = errorCatalogue({
  'promote.invalid-plan': { status: 400, todo: 'Correct every value that is named; docs/fleet.md shows a whole plan.' },
  'promote.state': {
    status: 409,
    todo: 'Give the state of this plan with --state, or a new place for a new promotion.',
  },
  'promote.not-approved': {
    status: 403,
    todo: 'Look at the gate report, then give its token with --approve; nobody else knows it before the gate has passed.',
  },
  'promote.changed': {
    status: 409,
    todo: 'Somebody deployed to the canary group after the gate. Start a new promotion, so that what is approved is what was tested.',
  },
  'promote.gate-failed': {
    status: 422,
    todo: 'Read the findings of the devices above; mend the model or the device, raise the version and promote that.',
  },
  'promote.over': {
    status: 409,
    todo: 'This promotion has ended. Start one for a new version, with a new place for its state.',
  },
});
