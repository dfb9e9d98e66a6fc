/** Software of others in a zip, as both THIRD-PARTY-LICENSES and the SBOM show it. */
export interface BundledSoftware {
  /** The npm name, or what the project calls itself. */
  readonly name: string;
  /** Absent if its maker does not say. */
  readonly version?: string;
  /** SPDX expression. */
  readonly license: string;
  /** Texts that have to be carried along: licenses, copyright lines, notices. */
  readonly texts: readonly LicenseText[];
  /** Package URL (https://github.com/package-url/purl-spec); names it within a zip. */
  readonly purl: string;
  /** Name in the National Vulnerability Database, if scanners do not find it by its package URL. */
  readonly cpe?: string;
  /** Where its source can be had. */
  readonly source?: string;
  /** The tarball on the npm registry, with its hash in npm's form `sha512-<base64>`. */
  readonly tarball?: { readonly url: string; readonly integrity: string };
  /** A notice that its license requires, or a fact that a reader has to know. */
  readonly note?: string;
  /** Libraries inside, linked into its files or beside them. */
  readonly parts?: readonly BundledSoftware[];
  /** Whether our own code imports it. */
  readonly direct?: boolean;
  /** Package URLs of what it imports, if known. */
  readonly dependsOn?: readonly string[];
}

export interface LicenseText {
  /** Name of the file, or of the license. */
  readonly title: string;
  readonly text: string;
}

/** The zip that carries them. */
export interface Archive {
  readonly component: string;
  readonly version: string;
  /** File name of the zip. */
  readonly name: string;
  readonly kind: 'application' | 'machine-learning-model';
  /** Absent if the zip is the same for every platform. */
  readonly platform?: string;
}
