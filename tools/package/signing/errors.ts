import { errorCatalogue } from '#packages/foundation';

/** Why a package was not signed. */
export const signingErrors = errorCatalogue({
  'signing.kms': {
    status: 502,
    todo: 'Give a KMS key of spec ECC_NIST_P256 and usage SIGN_VERIFY, allow kms:GetPublicKey and kms:Sign on it, and check AWS_REGION and the credentials.',
  },
  'signing.key-unreadable': { status: 422, todo: 'Check the path and that this user may read the file.' },
  'signing.key-exposed': {
    status: 403,
    todo: 'Whoever can write a private key can exchange it, whoever can read it can sign: run chmod 600 on it; make a new pair if others had access.',
  },
  'signing.key-exists': {
    status: 409,
    todo: 'Keys are never written over. Give --out another path, or move the old key away.',
  },
});
