import { errorCatalogue } from '#packages/foundation';

export const provisionErrors = errorCatalogue({
  'provision.name': {
    status: 400,
    todo: 'Use 1 to 128 letters, digits, colons, hyphens and underscores; upper and lower case are different devices.',
  },
  'provision.differs': {
    status: 409,
    todo: 'Choose another name with --policy or --role-alias, or make the existing one what is asked for.',
  },
  'provision.other-device': {
    status: 409,
    todo: 'Give each device a folder of its own with --output.',
  },
  'provision.files': { status: 500, todo: 'Check that this user may write to the folder, and that the disk has room.' },
  'provision.unknown-certificate': {
    status: 404,
    todo: 'Give the folder that provision wrote with --output: the certificate is named there. One that is lost is removed in the console.',
  },
});
