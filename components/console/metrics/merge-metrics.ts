/** The metrics text of one component. */
export interface ComponentMetrics {
  readonly component: string;
  readonly text: string;
}

/**
 * Makes one Prometheus text of those of several components. Each sample gets the label `component`, so that metrics of the same
 * name stay apart, and the samples of a metric stand together, as the format wants them.
 * Source of the format: prometheus.io/docs/instrumenting/exposition_formats (text format 0.0.4).
 */
export function mergeMetrics(parts: readonly ComponentMetrics[]): string {
  const families = new Map<string, { readonly header: string[]; readonly samples: string[] }>();
  for (const { component, text } of parts) {
    let family = { header: [] as string[], samples: [] as string[] };
    for (const line of text.split('\n')) {
      const [, name] = /^# (?:HELP|TYPE) (\S+)/.exec(line) ?? [];
      if (name !== undefined) {
        const known = families.get(name);
        family = known ?? { header: [], samples: [] };
        families.set(name, family);
        if (!family.header.some((other) => kindOf(other) === kindOf(line))) family.header.push(line);
      } else if (line !== '' && !line.startsWith('#')) {
        family.samples.push(labeled(line, component));
      }
    }
  }
  return [...families.values()].flatMap(({ header, samples }) => [...header, ...samples, '']).join('\n');
}

function kindOf(header: string): string {
  return header.slice(0, '# HELP'.length);
}

/** `name{a="b"} 1` or `name 1`, with the label first. */
function labeled(sample: string, component: string): string {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(sample)?.[0] ?? '';
  const rest = sample.slice(name.length);
  const label = `component="${component}"`;
  if (rest.startsWith('{}')) return `${name}{${label}}${rest.slice(2)}`;
  return rest.startsWith('{') ? `${name}{${label},${rest.slice(1)}` : `${name}{${label}}${rest}`;
}
