import type { SchemaNode } from '#packages/foundation';
import type { Path } from './draft.ts';
import type { Form } from './form.ts';
import { SettingField } from './setting-field.tsx';
import type { SettingProps } from './setting-field.tsx';
import { isFound, settingKind } from './setting-kind.ts';
import { Words } from './words.tsx';
import { SettingMap } from './setting-map.tsx';

/** The settings of a group: maps that are set first, e.g. the sources, then single settings, then what is left. */
export function SettingGroup({ form, path, node }: SettingProps) {
  const found = Object.entries(node.properties ?? {})
    .map(([name, child]) => [[...path, name], child] as const)
    .filter(([at, child]) => isShown(form, at, child));
  const rank = ([at, child]: (typeof found)[number]): number => {
    const kind = settingKind(child);
    if (kind === 'map' && form.isSet(at)) return 0;
    return kind === 'map' || kind === 'group' ? 2 : 1;
  };
  if (path.length === 0 && found.length === 0) return <p class="empty">No setting has these words.</p>;
  return (
    <>
      {found
        .toSorted((a, b) => rank(a) - rank(b))
        .map(([at, child]) => {
          const One = rank([at, child]) === 1 ? SettingField : Section;
          return <One key={at.join('/')} form={form} path={at} node={child} />;
        })}
    </>
  );
}

/** A problem is shown whatever somebody looks for. */
function isShown(form: Form, path: Path, node: SchemaNode): boolean {
  return form.filter === '' || form.hasProblem(path) || isFound(path, node, form.filter);
}

function Section({ form, path, node }: SettingProps) {
  const problem = form.problem(path);
  const isOpen = form.filter !== '' || form.hasProblem(path) || form.isSet(path);
  return (
    <details class="setting-section" open={isOpen}>
      <summary>
        <h3>{path.at(-1)}</h3>
      </summary>
      {node.description !== undefined && (
        <p class="setting-help">
          <Words text={node.description} />
        </p>
      )}
      {problem !== undefined && <p class="setting-problem">{problem}</p>}
      {settingKind(node) === 'map' ? (
        <SettingMap form={form} path={path} node={node} />
      ) : (
        <SettingGroup form={form} path={path} node={node} />
      )}
    </details>
  );
}
