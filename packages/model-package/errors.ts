import { entry, errorCatalog } from '#packages/foundation';
import type { ConfigurationProblem } from '#packages/foundation';

/** Faults of a model package, its archive, its signature and its `model.json`. */
export const packageErrors = errorCatalog({
  'archive.damaged': entry<{ readonly file: string }>({
    status: 422,
    todo: 'Fetch the archive again or make a new one: it cannot be read to its end.',
  }),
  'archive.disk-full': entry<{ readonly file: string; readonly folder: string }>({
    status: 507,
    todo: 'Make room on the disk of the folder that the message names, and try again: the archive is as it was, and what was unpacked of it is removed.',
  }),
  'archive.too-large': {
    status: 413,
    todo: 'Take files that the model does not need out of the archive, or raise MaxPackageMB of the agent.',
  },
  'archive.unknown-format': entry<{ readonly file: string }>({
    status: 422,
    todo: 'Give a .zip or a .tar.gz; what the file is called does not matter, what is in it does.',
  }),
  'archive.unsafe-entry': entry<{ readonly entry: string }>({
    status: 422,
    todo: 'Make the archive from plain files and folders: absolute names, "..", links and double names are refused.',
  }),
  'encryption.bad-key': {
    status: 400,
    todo: 'Give an X25519 key as edgeml keygen --for encryption writes it: the .pub file to encrypt, the .key file on the device.',
  },
  'encryption.damaged': entry<{ readonly package: string; readonly file: string }>({
    status: 422,
    todo: 'Fetch the package again, or package the model again with --encrypt: this file was not encrypted under this name with the key in model.json.',
  }),
  'encryption.no-key': entry<{ readonly package: string; readonly keys: readonly string[] }>({
    status: 422,
    todo: 'Put <key id>.key (mode 0400, of the user of the agent) into the folder of TrustedKeysFolder, or allow kms:Decrypt to the role of the token exchange; docs/signing.md shows how.',
  }),
  'encryption.unsafe-key': entry<{ readonly path: string }>({
    status: 500,
    todo: 'Give the private key to the user of the agent alone: chown, and chmod 0400.',
  }),
  'model.manifest-invalid': entry<{ readonly source: string; readonly problems: readonly ConfigurationProblem[] }>({
    status: 422,
    todo: "Correct the keys that the message names in the package's model.json; docs/models.md shows a complete one for each model family.",
  }),
  'package.changed': entry<{ readonly package: string }>({
    status: 409,
    todo: 'Write the package completely, or move a finished one to its place, and activate it after that.',
  }),
  'package.compiled-by-neo': entry<{
    readonly path: string;
    readonly files: readonly string[];
    readonly framework?: string;
    readonly target?: string;
  }>({
    status: 422,
    todo: 'Take the model as it was trained, export it to ONNX, and put the file beside sagemaker_edge_manifest, in place of what Neo made.',
  }),
  'package.edge-manifest-mismatch': entry<{ readonly name?: string; readonly version?: string }>({
    status: 422,
    todo: 'Write sagemaker_edge_manifest again (edgeml package does), so that it names the same model as model.json.',
  }),
  'package.file-missing': entry<{ readonly package: string; readonly missing: readonly string[] }>({
    status: 422,
    todo: 'Add the file to the package, or take its name out of model.json.',
  }),
  'package.link': entry<{ readonly package: string; readonly file: string }>({
    status: 422,
    todo: 'Put the files themselves in the package: links, pipes and devices are refused, since they reach outside of it.',
  }),
  'package.manifest-unreadable': {
    status: 422,
    todo: 'Correct model.json: it must be a JSON object of less than 1 MB.',
  },
  'package.not-a-package': entry<{ readonly path: string }>({
    status: 422,
    todo: 'A model package is a folder (or a .tar.gz / .zip of one) with a model.json; docs/models.md shows one.',
  }),
  'package.not-found': entry<{ readonly path: string }>({
    status: 404,
    todo: 'Give the absolute path of the package folder (or .tar.gz / .zip) as the agent sees it; on a device that is below {artifacts:decompressedPath}.',
  }),
  'package.onnx-without-manifest': entry<{ readonly path: string; readonly model: string }>({
    status: 422,
    todo: 'Put a sagemaker_edge_manifest beside it, {"metadata":{"model_name":"…","model_version":"…"}}, or name the .onnx file itself as the url. For models of images make a package: edgeml package.',
  }),
  'package.too-large': entry<{ readonly package: string }>({
    status: 413,
    todo: 'Take files that the model does not need out of the package, or raise MaxPackageMB of the agent.',
  }),
  'package.unreadable': entry<{ readonly package: string; readonly file?: string }>({
    status: 422,
    todo: "Let the agent's user read the package: `Permission: { Read: OWNER }` on the artifact, or mode 0644 for files and 0755 for folders.",
  }),
  'signature.bad-claims': {
    status: 400,
    todo: 'Give aliases as letters and digits with "-", "_" or "." between them, and the minimum version as a semantic version such as 1.2.0.',
  },
  'signature.bad-key': {
    status: 400,
    todo: 'Give an Ed25519 or ECDSA P-256 key: PEM, or for a public key also base64, as edgeml keygen prints it.',
  },
  'signature.file-changed': entry<{ readonly file: string }>({
    status: 422,
    todo: 'The file differs from the one that was signed. Fetch the package again, or sign it again if the change is yours.',
  }),
  'signature.file-missing': entry<{ readonly file: string }>({
    status: 422,
    todo: 'A signed file is not in the package. Fetch the package again, or sign it again.',
  }),
  'signature.file-unsigned': entry<{ readonly file: string }>({
    status: 422,
    todo: 'The package holds a file that was not signed. Remove it, or sign the package again.',
  }),
  'signature.invalid': entry<{ readonly keyId: string }>({
    status: 422,
    todo: 'The signature was not made by the trusted key of this id. Sign the package again with the right key; if you did, find out who changed it.',
  }),
  'signature.malformed': {
    status: 422,
    todo: 'Sign the package again: its signature.json is damaged or of another format.',
  },
  'signature.manifest-changed': entry<{ readonly file: string }>({
    status: 422,
    todo: 'model.json differs from the one that was signed: the model would be read in another way. Fetch the package again, or sign it again if the change is yours.',
  }),
  'signature.missing': {
    status: 422,
    todo: 'Package the model with a key (edgeml package --key FILE; edgeml keygen makes one), which signs the zip of its component too; edgeml sign signs a folder only. Or set SignaturePolicy of edgeml.InferenceAgent to "warn" or "off".',
  },
  'signature.other-alias': entry<{ readonly alias: string; readonly aliases: readonly string[] }>({
    status: 422,
    todo: 'Activate the package under an alias that it was signed for, or sign it again with this one (edgeml sign --alias).',
  }),
  'signature.revoked-key': entry<{ readonly keyId: string }>({
    status: 422,
    todo: 'Sign the package again with a key that is not in RevokedKeys of the agent, and find out whether the files are yours.',
  }),
  'signature.trust-unreadable': entry<{ readonly path: string }>({
    status: 500,
    todo: 'Make the folder named in TrustedKeysFolder, with one <key id>.pem for each key, readable for the user of the agent; or clear the setting.',
  }),
  'signature.unknown-key': entry<{ readonly keyId: string; readonly trusted: readonly string[] }>({
    status: 422,
    todo: 'Add the public key to TrustedKeys of the agent under this key id, or sign the package with a key that is there.',
  }),
  'signature.unsafe-trust': entry<{ readonly path: string }>({
    status: 500,
    todo: 'Take the write permission of group and others away (chmod go-w) and give it to root or to the user of the agent (chown); then see who changed the keys.',
  }),
});
