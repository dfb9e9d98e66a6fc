import type { SignedClaims, Signer } from '#packages/model-package';
import type { Recipient } from './encryption/recipients.ts';
import type { PackageRequest } from './assemble/assemble.ts';

export interface PackageOptions extends PackageRequest {
  /** Default: `edgeml.model.<name>`, of a challenger `edgeml.challenger.<name>`. */
  readonly component?: string;
  /** The component runs the model beside the one that serves. Default: the model serves. */
  readonly role?: 'challenger';
  /** Folder in the layout of gdk and greengrass-cli; packages go beside its recipes and artifacts. */
  readonly output: string;
  readonly read: 'ALL' | 'OWNER';
  readonly publisher: string;
  readonly signer?: Signer;
  /** The signer's claims about the package's use. */
  readonly claims?: SignedClaims;
  /** The recipients of the encrypted model's key. Default: it is not encrypted. */
  readonly recipients?: readonly Recipient[];
  /** Write over another package of the same version. */
  readonly replace?: boolean;
  /** Package again although nothing has changed. */
  readonly rebuild?: boolean;
  readonly onProgress?: (what: string) => void;
  readonly signal: AbortSignal;
}
