import type { ProjectFile, Settings } from '../../project-file/project-file.ts';
import type { FoundSource } from './open-source.ts';

const SAME = ['Type', 'Url', 'Path', 'ImageName'] as const;

/**
 * Name and settings of a source in edgeml.yaml: those of one that reads the same already, which the service now looks at too, else
 * a name that is free.
 */
export function placeSource(
  { name, settings }: Pick<FoundSource, 'name' | 'settings'>,
  service: string,
  sources: ProjectFile['sources'],
): readonly [name: string, settings: Settings] {
  const there = Object.entries(sources).find(([, one]) => SAME.every((key) => one[key] === settings[key]));
  if (there) {
    const [known, before] = there;
    const services = Array.isArray(before['Services']) ? (before['Services'] as readonly unknown[]) : [];
    // No name means every model already.
    const all = services.length === 0 ? services : [...new Set([...services, service])];
    return [known, { ...before, ...(services.length === 0 ? {} : { Services: all }) }];
  }
  return [freeName(name, sources), { ...settings, Services: [service] }];
}

function freeName(name: string, sources: ProjectFile['sources']): string {
  if (!(name in sources)) return name;
  for (let number = 2; ; number++) if (!(`${name}-${number}` in sources)) return `${name}-${number}`;
}
