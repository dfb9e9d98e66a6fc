import { useState } from 'preact/hooks';
import type { SchemaNode } from '#packages/foundation';
import { isGroup, pointerOf } from './draft.ts';
import type { Path } from './draft.ts';
import type { Form } from './form.ts';
import { SettingField } from './setting-field.tsx';
import type { SettingProps } from './setting-field.tsx';
import { SettingGroup } from './setting-group.tsx';
import { settingKind, valueWords } from './setting-kind.ts';

/** Entries under names that somebody chooses, e.g. the sources. */
export function SettingMap({ form, path, node }: SettingProps) {
  const value = form.value(path);
  const element = typeof node.additionalProperties === 'object' ? node.additionalProperties : {};
  const names = isGroup(value) ? Object.keys(value).filter((name) => value[name] !== null) : [];
  return (
    <div class="setting-map">
      {names.map((name) => (
        <Entry key={name} form={form} path={[...path, name]} node={element} />
      ))}
      {names.length === 0 && <p class="empty small">None.</p>}
      {!form.readOnly && <AddEntry form={form} path={path} node={element} names={names} />}
    </div>
  );
}

function Entry({ form, path, node }: SettingProps) {
  const name = path.at(-1) ?? '';
  const problem = form.problem(path);
  const remove = !form.readOnly && (
    <button type="button" class="quiet-button" onClick={() => form.change(path, undefined)}>
      Remove<span class="hidden"> {name}</span>
    </button>
  );
  if (settingKind(node) !== 'group')
    return (
      <div class="setting-entry">
        <SettingField form={form} path={path} node={node} />
        {remove}
      </div>
    );
  const isOpen = form.hasProblem(path) || form.isChanged(path) || form.filter !== '';
  return (
    <details class={`setting-entry${form.isChanged(path) ? ' changed' : ''}`} open={isOpen}>
      <summary>
        <b>{name}</b> <span class="small">{factsOf(form, path, node)}</span>
      </summary>
      {problem !== undefined && <p class="setting-problem">{problem}</p>}
      <SettingGroup form={form} path={path} node={node} />
      {remove}
    </details>
  );
}

/** The settings of an entry, in a line. */
function factsOf(form: Form, path: Path, node: SchemaNode): string {
  return Object.entries(node.properties ?? {})
    .filter(([key, child]) => form.isSet([...path, key]) && !['group', 'map', 'secret'].includes(settingKind(child)))
    .map(([key]) => `${key} ${valueWords(form.value([...path, key]))}`)
    .join(', ');
}

interface AddEntryProps extends SettingProps {
  readonly names: readonly string[];
}

function AddEntry({ form, path, node, names }: AddEntryProps) {
  const [name, setName] = useState('');
  const id = `add${pointerOf(path)}`;
  const wanted = name.trim();
  const add = (): void => {
    form.change([...path, wanted], settingKind(node) === 'group' ? {} : (node.default ?? ''));
    setName('');
  };
  return (
    <div class="setting-add">
      <label for={id}>Add to {path.at(-1)}</label>
      <input
        id={id}
        type="text"
        placeholder="name"
        autocomplete="off"
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          // Of the form, whose changes are not to be saved yet.
          event.preventDefault();
          if (wanted !== '' && !names.includes(wanted)) add();
        }}
      />
      <button type="button" onClick={add} disabled={wanted === '' || names.includes(wanted)}>
        Add
      </button>
    </div>
  );
}
