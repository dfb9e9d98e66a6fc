import { useState } from 'preact/hooks';
import type { SchemaNode } from '#packages/foundation';
import { pointerOf } from './draft.ts';
import type { Path } from './draft.ts';
import type { Form } from './form.ts';
import { settingKind, valueWords } from './setting-kind.ts';
import { Words } from './words.tsx';

export interface SettingProps {
  readonly form: Form;
  readonly path: Path;
  readonly node: SchemaNode;
}

/** One setting: its name, a control for it, what it means, its default, and what is wrong with it. */
export function SettingField({ form, path, node }: SettingProps) {
  const id = `setting${pointerOf(path)}`;
  const problem = form.problem(path);
  const name = path.at(-1) ?? '';
  const isSwitch = settingKind(node) === 'switch';
  return (
    <div class={`setting${form.isChanged(path) ? ' changed' : ''}${problem === undefined ? '' : ' wrong'}`}>
      <div class="setting-head">
        {form.readOnly ? <b>{name}</b> : <label for={id}>{name}</label>}
        {form.readOnly ? (
          <code>{valueWords(form.value(path))}</code>
        ) : (
          isSwitch && <Control form={form} path={path} node={node} id={id} />
        )}
        {!form.readOnly && node.default !== undefined && !isDefault(form.value(path), node) && (
          <button type="button" class="quiet-button" onClick={() => form.change(path, undefined)}>
            Use the default<span class="hidden"> of {name}</span>
          </button>
        )}
      </div>
      {!form.readOnly && !isSwitch && <Control form={form} path={path} node={node} id={id} />}
      {problem !== undefined && (
        <p id={`${id}-problem`} class="setting-problem">
          {problem}
        </p>
      )}
      <p id={`${id}-help`} class="setting-help">
        <Words text={node.description ?? ''} />
        {node.default !== undefined && <span> Default: {valueWords(node.default)}.</span>}
      </p>
    </div>
  );
}

function isDefault(value: unknown, node: SchemaNode): boolean {
  return value === undefined || JSON.stringify(value) === JSON.stringify(node.default);
}

interface ControlProps extends SettingProps {
  readonly id: string;
}

function Control({ form, path, node, id }: ControlProps) {
  const value = form.value(path);
  const isWrong = form.problem(path) !== undefined;
  const common = {
    id,
    'aria-describedby': isWrong ? `${id}-problem ${id}-help` : `${id}-help`,
    'aria-invalid': isWrong,
    autocomplete: 'off',
    spellcheck: false,
  } as const;
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  switch (settingKind(node)) {
    case 'choice':
      return (
        <select {...common} value={text} onChange={(event) => form.change(path, event.currentTarget.value)}>
          {node.enum?.map((choice) => (
            <option key={String(choice)}>{String(choice)}</option>
          ))}
        </select>
      );
    case 'switch':
      return (
        <input
          {...common}
          type="checkbox"
          checked={value === true}
          onChange={(event) => form.change(path, event.currentTarget.checked)}
        />
      );
    case 'number':
      return (
        <input
          {...common}
          type="number"
          step={node.type === 'integer' ? 1 : 'any'}
          {...boundsOf(node)}
          value={text}
          onInput={({ currentTarget: { value: typed } }) => form.change(path, typed === '' ? undefined : Number(typed))}
        />
      );
    case 'secret':
      return (
        <input
          {...common}
          type="password"
          autocomplete="new-password"
          placeholder={text === '***' ? 'kept as it is' : ''}
          value={text === '***' ? '' : text}
          onInput={({ currentTarget: { value: typed } }) => form.change(path, typed)}
        />
      );
    case 'text':
      return (
        <input
          {...common}
          type="text"
          value={text}
          onInput={({ currentTarget: { value: typed } }) => form.change(path, textOf(typed, node))}
        />
      );
    case 'lines':
      return <Lines form={form} path={path} node={node} id={id} common={common} />;
    case 'json':
    case 'map':
    case 'group':
      return <JsonText form={form} path={path} node={node} id={id} common={common} />;
  }
}

/** A text that may be left out is left out if nothing is typed. */
function textOf(typed: string, { default: usual }: SchemaNode): string | undefined {
  return typed === '' && usual === undefined ? undefined : typed;
}

/** The whole-number limits of JavaScript, which the schema adds by itself, tell nobody anything. */
function boundsOf({ minimum, maximum }: SchemaNode): { readonly min?: number; readonly max?: number } {
  return {
    ...(minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? {} : { min: minimum }),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? {} : { max: maximum }),
  };
}

interface TextAreaProps extends ControlProps {
  readonly common: Readonly<Record<string, unknown>>;
}

/** A list of texts, one a line. */
function Lines({ form, path, common }: TextAreaProps) {
  const value = form.value(path);
  const [text, setText] = useState(Array.isArray(value) ? value.join('\n') : '');
  const type = (typed: string): void => {
    setText(typed);
    form.change(
      path,
      typed.split('\n').filter((line) => line.trim() !== ''),
    );
  };
  return (
    <textarea
      {...common}
      rows={Math.min(8, text.split('\n').length + 1)}
      placeholder="one a line"
      value={text}
      onInput={(event) => type(event.currentTarget.value)}
    />
  );
}

/** Any setting without a form of its own, as JSON; the device says why it refuses text. */
function JsonText({ form, path, common }: TextAreaProps) {
  const value = form.value(path);
  const [text, setText] = useState(value === undefined || value === null ? '' : JSON.stringify(value, undefined, 1));
  const type = (typed: string): void => {
    setText(typed);
    form.change(path, typed.trim() === '' ? undefined : jsonOr(typed));
  };
  return (
    <textarea
      {...common}
      class="json"
      rows={Math.min(10, text.split('\n').length + 1)}
      placeholder="JSON"
      value={text}
      onInput={(event) => type(event.currentTarget.value)}
    />
  );
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
