import { errorCatalogue } from '#packages/foundation';

/** Why a package's signature does not vouch for it. */
export const signatureErrors = errorCatalogue({
  'signature.missing': {
    status: 422,
    todo: 'Sign the package (edgeml sign --package DIR --key FILE), or set SignaturePolicy of the agent to "warn" or "off".',
  },
  'signature.malformed': {
    status: 422,
    todo: 'Sign the package anew: its signature.json is damaged or of another format.',
  },
  'signature.unknown-key': {
    status: 422,
    todo: 'Add the public key to TrustedKeys of the agent under this key id, or sign the package with a key that is there.',
  },
  'signature.invalid': {
    status: 422,
    todo: 'The signature was not made by the trusted key of this id. Sign the package anew with the right key; if you did, find out who changed it.',
  },
  'signature.file-changed': {
    status: 422,
    todo: 'The file differs from the one that was signed. Fetch the package again, or sign it anew if the change is yours.',
  },
  'signature.manifest-changed': {
    status: 422,
    todo: 'model.json differs from the one that was signed, so that the model would be read in another way. Fetch the package again, or sign it anew if the change is yours.',
  },
  'signature.file-missing': {
    status: 422,
    todo: 'A signed file is not in the package. Fetch the package again, or sign it anew.',
  },
  'signature.file-unsigned': {
    status: 422,
    todo: 'The package holds a file that was not signed. Remove it, or sign the package anew.',
  },
  'signature.bad-key': {
    status: 400,
    todo: 'Give an Ed25519 or ECDSA P-256 key: PEM, or for a public key also base64, as edgeml keygen prints it.',
  },
  'signature.unsafe-trust': {
    status: 500,
    todo: 'Take the write permission of group and others away (chmod go-w) and give it to root or to the user of the agent (chown); then see who changed the keys.',
  },
  'signature.trust-unreadable': {
    status: 500,
    todo: 'Make the folder named in TrustedKeysFolder, with one <key id>.pem for each key, readable for the user of the agent; or clear the setting.',
  },
});
