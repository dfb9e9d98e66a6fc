import type { Finding } from '../issue.ts';
import type { Recipe } from '../recipe.ts';

/** Artifacts that overwrite each other or cannot be unpacked; manifests without any. */
export function lintArtifacts(recipe: Recipe): Finding[] {
  return recipe.manifests.flatMap((manifest, index) => {
    const pointer = `/Manifests/${index}/Artifacts`;
    const seen = new Set<string>();
    const findings = manifest.artifacts.flatMap((artifact, at): Finding[] => {
      const found: Finding[] = [];
      if (seen.has(artifact.fileName)) found.push(sameName(`${pointer}/${at}`, artifact.fileName));
      seen.add(artifact.fileName);
      if (artifact.unarchive === 'ZIP' && !/\.zip$/i.test(artifact.fileName)) {
        found.push(notZip(`${pointer}/${at}`, artifact.fileName));
      }
      return found;
    });
    return manifest.artifacts.length > 0 ? findings : [...findings, none(`/Manifests/${index}`)];
  });
}

function sameName(pointer: string, name: string): Finding {
  return {
    severity: 'error',
    nucleus: 'any',
    code: 'artifact.same-name',
    pointer,
    message: `two artifacts are called ${name}; the second replaces the first.`,
    fix: 'give each artifact its own file name.',
  };
}

function notZip(pointer: string, name: string): Finding {
  return {
    severity: 'warning',
    nucleus: 'any',
    code: 'artifact.not-zip',
    pointer,
    message: `${name} is to be unpacked as ZIP but is not called .zip; its folder gets the whole name.`,
    fix: 'call the file .zip, or remove Unarchive.',
  };
}

function none(pointer: string): Finding {
  return {
    severity: 'warning',
    nucleus: 'any',
    code: 'artifact.none',
    pointer,
    message: 'this manifest has no artifact; gdk cannot publish a component without one.',
    fix: 'add an artifact, be it a small text file.',
  };
}
